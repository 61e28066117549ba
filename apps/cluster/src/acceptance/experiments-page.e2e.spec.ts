/** The page's experiments in a real browser; skipped, saying so, without one. */

import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import {
  barriersOf,
  browserForSpec,
  downloaded,
  overhangOf,
  PHONE,
  picture,
  skippedWithoutChromium,
} from './support/browser.testkit.js';
import { needsBuild, startProgram } from './support/programs.testkit.js';

const PATIENCE_MS = 30_000;

describe.skipIf(skippedWithoutChromium('experiments-page.e2e'))('the page of experiments', () => {
  needsBuild();
  const opened = browserForSpec(PATIENCE_MS);

  it('asks for one, follows it, cancels another, and logs no problem', async () => {
    const cluster = startProgram([
      'dist/programs/cluster.js',
      ...['--gateway-port', '0', '--node-port', '0'],
    ]);
    const gatewayUrl = await cluster.says(/Gateway running on (http:\S+)/);
    const { page, problems } = await opened();
    await page.goto(`${gatewayUrl}/experiments`);
    await page.getByLabel('Sizes, with commas').fill('1, 2, x');
    await page.getByRole('button', { name: 'Measure' }).click();
    await page.getByRole('alert').getByText('is no whole number').waitFor();
    await page.getByLabel('Sizes, with commas').fill('1, 2');
    await page.getByLabel('Rounds').fill('1');
    await page.getByRole('checkbox', { name: 'falsify' }).uncheck();
    await page.getByRole('button', { name: 'Measure' }).press('Enter');
    const state = page.getByTestId('experiment-state');
    await state.getByText('completed, 4 of 4 cells').waitFor();
    expect(await page.getByRole('region', { name: 'Figures' }).getByRole('row').count()).toBe(5);
    expect(await page.locator('.uplot').count()).toBe(2);
    const csv = await readFile(await downloaded(page, 'CSV'), 'utf8');
    expect(csv.split('\n')).toHaveLength(6);
    expect(await barriersOf(page)).toEqual([]);

    await page.getByRole('button', { name: "The seed's two tables" }).click();
    await page.getByLabel('Rounds').fill('100');
    await page.getByRole('button', { name: 'Measure' }).click();
    await state.getByText('running, ').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await state.getByText('cancelled, ').waitFor();
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize(PHONE);
    expect(await overhangOf(page)).toBe(0);
    await picture(page, 'experiments-phone', true);
    expect(problems).toEqual([]);
  });
});
