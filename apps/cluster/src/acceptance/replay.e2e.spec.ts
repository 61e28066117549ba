/**
 * Issue 5, acceptance: the core in the browser. The same seed is the same run in Node and there,
 * stories can be stepped through both ways, and receipts are checked by the page itself.
 */

import { drawSchedule, runSchedule, Trace } from '@ccro/simulator';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  barriersOf,
  browserForSpec,
  picture,
  skippedWithoutChromium,
} from './support/browser.testkit.js';
import { needsBuild, ROOT } from './support/programs.testkit.js';
import { launchCluster, type TestCluster } from './support/test-cluster.testkit.js';

const PATIENCE_MS = 45_000;

async function traceOf(seed: number): Promise<Trace> {
  const trace = new Trace();
  await runSchedule(drawSchedule(seed), trace);
  return trace;
}

/**
 * Presses a key again and again, in the page, until the position changes no more.
 *
 * @returns what each step means, from where it began
 */
function pressToTheEnd(page: Page, key: string): Promise<string[]> {
  return page.evaluate<string[]>(
    `(async (key) => {
      const text = (id) => document.querySelector('[data-testid=' + id + ']').textContent;
      const frame = () => new Promise((resolve) => setTimeout(resolve, 0));
      const meanings = [text('meaning')];
      for (;;) {
        const before = text('position');
        const [, at, of] = /(\\d+) of (\\d+)/.exec(before);
        if (at === (key === 'ArrowRight' ? of : '1')) return meanings;
        dispatchEvent(new KeyboardEvent('keydown', { key }));
        const untilMs = performance.now() + 10_000;
        while (text('position') === before) {
          if (performance.now() > untilMs) throw new Error(key + ' did nothing at step ' + at);
          await frame();
        }
        meanings.push(text('meaning'));
      }
    })(${JSON.stringify(key)})`,
  );
}

async function positionOf(page: Page): Promise<number> {
  const text = (await page.getByTestId('position').textContent()) ?? '';
  return Number(/\d+/.exec(text)?.[0]);
}

describe.skipIf(skippedWithoutChromium('replay.e2e'))('the core in the browser', () => {
  needsBuild();
  const opened = browserForSpec(PATIENCE_MS);
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await launchCluster();
  });
  afterAll(() => cluster.close());

  it.each([7, 11])('runs seed %i to the same trace as Node does', async (seed) => {
    const { page, problems } = await opened();
    await page.goto(`${cluster.gatewayUrl}/replay?seed=${seed}`);
    expect(await page.getByTestId('hash').textContent()).toBe((await traceOf(seed)).hash);
    const equivocator = /^Node 0, commander, faulty, fault: equivocate/;
    if (seed === 11) await page.getByRole('button', { name: equivocator }).waitFor();
    expect(problems).toEqual([]);
  });

  it('runs a trace that was written down to the same one', async () => {
    const { page, problems } = await opened();
    await page.goto(`${cluster.gatewayUrl}/replay`);
    // A trace that was written down is run again and found to be the same; or else shown as it is.
    const { lines, hash } = await traceOf(1);
    const drop = async (text: string): Promise<void> => {
      const buffer = Buffer.from(`${text}\n`);
      const file = { name: 'trace.txt', mimeType: 'text/plain', buffer };
      await page.getByLabel('Trace').setInputFiles(file);
    };
    await drop(lines.join('\n'));
    await page.getByTestId('remark').getByText('The trace of seed 1, line by line.').waitFor();
    expect(await page.getByTestId('hash').textContent()).toBe(hash);
    await drop('     1.000 ms  node 1 did something');
    await page.getByTestId('remark').getByText('This run cannot be had again here').waitFor();
    expect(problems).toEqual([]);
  });

  it('convicts a commander that equivocates', async () => {
    const { page, problems } = await opened();
    await page.goto(`${cluster.gatewayUrl}/replay`);
    await page.getByText('Begin with').waitFor();
    expect(await barriersOf(page)).toEqual([]);
    await page.getByLabel('Story').selectOption('equivocating-commander');
    await page.getByRole('button', { name: 'Run the story' }).press(' ');
    await page.getByTestId('position').waitFor();
    expect(new URL(page.url()).search).toContain('?case=equivocating-commander');
    await page.keyboard.press('l');
    const meaning = page.getByTestId('meaning');
    await meaning.getByText(/^Node 0 lies: it proposes .* to node 3/).waitFor();
    await picture(page, 'replay-lie');
    expect(await barriersOf(page)).toEqual([]);
    await page.keyboard.press('Home');
    await page.getByText(/^Step 1 of/).waitFor();
    const forward = await pressToTheEnd(page, 'ArrowRight');
    expect(forward.join('\n')).toMatch(/votes of nodes .*, a quorum of 3, for/);
    expect(forward.join('\n')).toContain('node 0 proposed different data to different nodes');
    expect(forward.at(-1)).not.toBe(forward[0]);
    const back = await pressToTheEnd(page, 'ArrowLeft');
    expect(back.toReversed()).toEqual(forward);
    expect(problems).toEqual([]);
  });

  it('shows what a dead collector costs, by itself and by hand', async () => {
    const { page, problems } = await opened();
    await page.goto(`${cluster.gatewayUrl}/replay?case=dead-collector`);
    await page.getByRole('button', { name: /^Node 2, communication node, down/ }).waitFor();
    const forward = await pressToTheEnd(page, 'ArrowRight');
    expect(forward.join('\n')).toMatch(/node 2 did not bring a certificate in time/);
    // The next slot has another one.
    await page.getByRole('button', { name: /^Node 3, communication node, well/ }).waitFor();
    await page.getByTestId('knows-0').getByText('Slot 2').waitFor();
    await picture(page, 'replay-dead-collector');
    const back = await pressToTheEnd(page, 'ArrowLeft');
    expect(back.slice(0, forward.length).toReversed()).toEqual(forward);

    await page.getByLabel('Speed').selectOption('fast');
    await page.getByRole('button', { name: 'Play' }).click();
    await expect.poll(() => positionOf(page), { timeout: PATIENCE_MS }).toBeGreaterThan(3);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByLabel('Search').fill('commit certificate');
    await page
      .getByTestId('steps')
      .getByRole('button', { name: /commit certificate/ })
      .first()
      .click();
    // The votes of a certificate lead to where they were cast.
    await page.getByLabel('Search').fill('holds commit certificate');
    await page.getByTestId('steps').getByRole('button').first().click();
    await page.getByText('Made of the votes of').getByRole('button', { name: 'node 1' }).click();
    await page
      .getByTestId('meaning')
      .getByText(/^Node 1 writes down its commit vote/)
      .waitFor();
    expect(problems).toEqual([]);
  });

  it('checks receipts, of this cluster and of others', async () => {
    const { page, problems } = await opened();
    const { body } = await cluster.call('POST', '/requests', { json: { data: 'to be proven' } });
    await page.goto(`${cluster.gatewayUrl}/check?request=${String(body['id'])}`);
    await page.getByTestId('given-Receipt').getByText('from the gateway').waitFor();
    await page.getByRole('button', { name: 'Take it from the gateway' }).click();
    const verdict = page.getByTestId('verdict');
    await verdict.getByText('The receipt holds').waitFor();
    await verdict.getByText('to be proven').first().waitFor();
    await picture(page, 'check');
    expect(await barriersOf(page)).toEqual([]);

    const example = (name: string): string => join(ROOT, 'examples', 'receipts', name);
    const receipt = page.getByLabel('Receipt', { exact: true }).getByLabel('File');
    await page
      .getByLabel('Cluster file')
      .getByLabel('File')
      .setInputFiles(example('cluster-ccro-bls.json'));
    await verdict.getByText('It is of another cluster').waitFor();
    await receipt.setInputFiles(example('valid-ccro-bls-prepare-listed.json'));
    await verdict.getByText('The receipt holds').waitFor();
    const text = await readFile(example('valid-ccro-bls-prepare-listed.json'), 'utf8');
    const changed = text.replace(/"result": "(.*)\d/, '"result": "$1x');
    expect(changed).not.toBe(text);
    const buffer = Buffer.from(changed);
    await receipt.setInputFiles({ name: 'changed.json', mimeType: 'application/json', buffer });
    await verdict.getByText('A node did not sign this reply with this result').waitFor();
    expect(problems).toEqual([]);
  });
});
