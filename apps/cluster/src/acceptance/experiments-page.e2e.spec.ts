/** The page's experiments in a real browser; skipped, as dashboard.e2e.spec.ts is, without one. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needsBuild, startProgram } from './support/programs.contract.js';

const PATIENCE_MS = 30_000;
const DESK = { width: 1200, height: 1000 };
const PHONE = { width: 390, height: 844 };

const CHROMIUM = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path !== undefined && existsSync(path),
);

/** Takes a picture where one is wanted. */
async function picture(page: Page, name: string): Promise<void> {
  const directory = process.env['SCREENSHOTS'];
  if (directory === undefined) return;
  await page.screenshot({ path: join(directory, `${name}.png`), fullPage: true });
}

describe.skipIf(CHROMIUM === undefined)('the page of experiments', () => {
  needsBuild();
  let browser: Browser | undefined;

  beforeAll(async () => {
    if (CHROMIUM === undefined) return;
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  });
  afterAll(() => browser?.close());

  it('asks for one, follows it, cancels another, and complains of nothing', async () => {
    const cluster = startProgram([
      'dist/programs/cluster.js',
      ...['--gateway-port', '0', '--node-port', '0'],
    ]);
    const gatewayUrl = await cluster.says(/Gateway running on (http:\S+)/);
    const page = await browser!.newPage({ viewport: DESK, colorScheme: 'light' });
    page.setDefaultTimeout(PATIENCE_MS);
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
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
    const csv = await page.getByRole('link', { name: 'CSV', exact: true }).getAttribute('href');
    const answer = await page.request.get(`${gatewayUrl}${csv}`);
    expect((await answer.text()).split('\n')).toHaveLength(6);
    await picture(page, 'experiments-light');

    await page.getByRole('button', { name: "The seed's two tables" }).click();
    await page.getByLabel('Rounds').fill('100');
    await page.getByRole('button', { name: 'Measure' }).click();
    await state.getByText('running, ').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await state.getByText('cancelled, ').waitFor();
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize(PHONE);
    const overhang = await page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect(overhang).toBe(0);
    await picture(page, 'experiments-dark');
    expect(complaints).toEqual([]);
    await page.close();
  });
});
