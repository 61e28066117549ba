/**
 * Issue 5, acceptance: the page in a real browser, on a cluster of separate processes over Redis.
 * It is skipped, saying so, where there is no Chromium. The pictures of README.md are made here.
 */

import { clusterKeys, loadClusterConfig, newApiKey } from '@ccro/cluster-config';
import { ReceiptVerifier } from '@ccro/receipt';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import {
  barriersOf,
  browserForSpec,
  DESK,
  downloaded,
  overhangOf,
  PHONE,
  picture,
  skippedWithoutChromium,
} from './support/browser.testkit.js';
import {
  needsBuild,
  ROOT,
  startGatewayProgram,
  startNodeProgram,
  type Program,
} from './support/programs.testkit.js';
import { decide } from './support/http.testkit.js';
import { startedRedis } from './support/redis.testkit.js';
import { startedCluster } from './support/test-cluster.testkit.js';

const PATIENCE_MS = 30_000;
const JOURNEY_MS = 180_000;
const MEMBERS = [0, 1, 2, 3];

async function submit(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Submit' }).click();
  await page.getByRole('button', { name: 'Submit', disabled: false }).waitFor();
}

/** What was submitted is decided, in slot 1. */
async function seeDecision(page: Page): Promise<void> {
  await page.getByTestId('connection').getByText('Live').waitFor();
  await page.getByRole('button', { name: /^Node 0, commander, well/ }).waitFor();
  await submit(page);
  await page.getByTestId('answer').getByText('Decided as slot 1 in view 0').waitFor();
  await page.locator('.phases').getByText('prepare vote').waitFor();
  expect(await barriersOf(page)).toEqual([]);
  await picture(page, 'dashboard-light');
}

/** A node is made to lie, by the keyboard alone, and is named for it; in slot 2. */
async function seeLie(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Node 2/ }).press('ArrowDown');
  await page.locator('.node:focus').press('Enter');
  await page.getByRole('heading', { name: 'Node 3' }).waitFor();
  await page.getByLabel('Fault').selectOption('double-vote');
  await page.getByRole('button', { name: 'Make faulty' }).press('Enter');
  await page.getByRole('button', { name: /^Node 3.*fault: double-vote/ }).waitFor();
  await submit(page);
  const accusations = page.getByTestId('accusations');
  await accusations.getByText(/Node 3 voted for two different/).waitFor();
  await page.getByText(/^Slot 2, slowed down/).waitFor();
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await barriersOf(page)).toEqual([]);
  await picture(page, 'dashboard-dark');
  await page.getByRole('button', { name: 'Heal' }).press('Enter');
  await page.getByRole('button', { name: /^Node 3, replica, well/ }).waitFor();
}

/** The commander's process is killed, and another node takes over; slot 3. */
async function seeNextCommander(page: Page, commander: Program): Promise<void> {
  commander.kill();
  await page.getByRole('button', { name: /^Node 0, commander, down/ }).waitFor();
  await submit(page);
  await page.getByRole('button', { name: /^Node 1, commander/ }).waitFor();
  await page.getByTestId('view').getByText('1, commander 1').waitFor();
  await page.setViewportSize(PHONE);
  expect(await overhangOf(page)).toBe(0);
  await picture(page, 'dashboard-phone', true);
  await page.setViewportSize(DESK);
}

/** The receipt of slot 2 holds, for the library here and for the page. */
async function checkReceipt(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Ledger' }).click();
  await page.getByTestId('slots').getByText('Slots 1 to 3 of 3').waitFor();
  expect(await page.title()).toBe('Ledger – CCRO');
  expect(await page.locator('main:focus').count()).toBe(1);
  expect(await page.getByLabel('Slot', { exact: true }).inputValue()).toBe('3');
  const slot = page.getByTestId('slot-2');
  await slot.locator('summary').press('Enter');
  await slot.getByText('Commit certificate').waitFor();
  expect(await barriersOf(page)).toEqual([]);
  await picture(page, 'ledger-dark');
  const receipt = await readFile(await downloaded(page, 'receipt'));
  const keys = clusterKeys(loadClusterConfig(join(ROOT, 'config', 'local.json')));
  expect(new ReceiptVerifier(keys).verify(receipt)).toMatchObject({ holds: true });

  await page.getByRole('link', { name: 'Check', exact: true }).first().click();
  const file = { name: 'receipt.json', mimeType: 'application/json', buffer: receipt };
  await page.getByLabel('Receipt', { exact: true }).getByLabel('File').setInputFiles(file);
  await page.getByRole('button', { name: 'Take it from the gateway' }).click();
  await page.getByTestId('verdict').getByText('The receipt holds').waitFor();
  expect(await barriersOf(page)).toEqual([]);
}

/** Both modes, side by side: PBFT takes more messages. */
async function compare(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Compare' }).click();
  await page.getByRole('combobox', { name: /^Nodes/ }).selectOption('7');
  await page.getByRole('combobox', { name: /^Fault/ }).selectOption('falsify');
  await page.getByRole('button', { name: 'Compare' }).click();
  await page.getByTestId('comparison').getByText('with 7 nodes, 2 of them faulty').waitFor();
  const deliveries = await Promise.all(
    ['pbft', 'ccro'].map((mode) => page.getByTestId(`mode-${mode}`).locator('b').innerText()),
  );
  expect(Number(deliveries[0])).toBeGreaterThan(2 * Number(deliveries[1]));
  expect(await barriersOf(page)).toEqual([]);
  await picture(page, 'compare-dark');
}

/** A small experiment, with its progress, its charts and its figures. */
async function experiment(page: Page): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light' });
  await page.getByRole('link', { name: 'Experiments' }).click();
  await page.getByLabel('Sizes, with commas').fill('1, 2');
  await page.getByLabel('Rounds').fill('1');
  await page.getByRole('button', { name: 'Measure' }).click();
  await page.getByRole('progressbar').waitFor();
  await page
    .getByTestId('experiment-state')
    .getByText(/^completed, (\d+) of \1 cells/)
    .waitFor();
  const figures = page.getByRole('region', { name: 'Figures' });
  expect(await figures.getByRole('row').count()).toBeGreaterThan(4);
  expect(await page.locator('.uplot').count()).toBe(2);
  const csv = await readFile(await downloaded(page, 'CSV'), 'utf8');
  expect(csv.split('\n')[1]).toMatch(/^pbft,4,1,offline,/);
  expect(await barriersOf(page)).toEqual([]);
  await picture(page, 'experiments-light', true);
}

describe.skipIf(skippedWithoutChromium('dashboard.e2e'))('the page', () => {
  needsBuild();
  const opened = browserForSpec(PATIENCE_MS);

  it(
    'of a cluster on Redis: from the first request to a receipt and an experiment',
    async () => {
      const environment = { REDIS_URL: (await startedRedis()).url, FAULT_INJECTION: 'on' };
      const nodes = await Promise.all(
        MEMBERS.map((id) => startNodeProgram({ ...environment, NODE_ID: String(id) })),
      );
      const gateway = await startGatewayProgram(environment);
      const { page, problems } = await opened();
      await page.goto(gateway.url);
      await seeDecision(page);
      await seeLie(page);
      const [commander] = nodes;
      if (commander !== undefined) await seeNextCommander(page, commander.program);
      await checkReceipt(page);
      await compare(page);
      await experiment(page);
      expect(problems).toEqual([]);

      await page.getByRole('link', { name: 'Cluster' }).click();
      await page.getByTestId('connection').getByText('Live').waitFor();
      await gateway.program.stop();
      await page.getByTestId('connection').getByText('Connection lost').waitFor();
    },
    JOURNEY_MS,
  );

  it('asks for a key where one is needed, keeps it for the tab, and goes on with it', async () => {
    const reader = newApiKey({ name: 'reader', role: 'read' });
    const submitter = newApiKey({ name: 'submitter', role: 'submit' });
    const cluster = await startedCluster({ apiKeys: [reader.entry, submitter.entry] });
    const { page } = await opened();
    const addresses: string[] = [];
    page.on('request', (request) => addresses.push(request.url()));
    const use = async (key: string): Promise<void> => {
      await page.locator('#key').fill(key);
      await page.getByRole('button', { name: 'Use this key' }).click();
    };
    await page.goto(cluster.gatewayUrl);
    await page.getByText('This gateway asks for a key.').waitFor();
    await page.getByTestId('connection').getByText('Waiting for a key').waitFor();
    await use('ccro_wrong');
    await page.getByText('The gateway does not know that key.').waitFor();
    await use(reader.key);
    await page.getByTestId('connection').getByText('Live').waitFor();
    await page.locator('#key').waitFor({ state: 'detached' });

    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByText('The key does not allow that. Another one?').waitFor();
    await use(submitter.key);
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByTestId('answer').getByText('Decided as slot 1 in view 0').waitFor();
    await page.reload();
    await page.getByTestId('connection').getByText('Live').waitFor();
    expect(await page.locator('#key').count()).toBe(0);
    expect(addresses.filter((address) => address.includes('ccro_'))).toEqual([]);
  });

  it('G2: the eighth tab follows as the first does, and goes on when that one is closed', async () => {
    const cluster = await startedCluster();
    const { page } = await opened();
    const tabs = [page];
    while (tabs.length < 8) tabs.push(await page.context().newPage());
    for (const tab of tabs) {
      await tab.goto(cluster.gatewayUrl);
      await tab.getByTestId('connection').getByText('Live').waitFor();
      await tab.getByRole('button', { name: /^Node 0, commander, well/ }).waitFor();
    }
    const sees = (tab: Page, slot: number): Promise<unknown> =>
      tab
        .getByRole('cell', { name: String(slot), exact: true })
        .first()
        .waitFor();
    await decide(cluster.gatewayUrl, 'one');
    for (const tab of tabs) await sees(tab, 1);
    await page.close();
    await decide(cluster.gatewayUrl, 'two');
    for (const tab of tabs.slice(1)) await sees(tab, 2);
  });

  it('G5: shows what was decided before it was opened', async () => {
    const cluster = await startedCluster();
    for (const data of ['one', 'two']) await decide(cluster.gatewayUrl, data);
    const { page } = await opened();
    await page.goto(cluster.gatewayUrl);
    await page.getByRole('cell', { name: '2', exact: true }).first().waitFor();
    await page.getByRole('cell', { name: '1', exact: true }).first().waitFor();
  });

  it('G5, sibling: the ledger finds a request by its id, with its data and its result', async () => {
    const cluster = await startedCluster();
    const { id } = await decide(cluster.gatewayUrl, 'looked for');
    for (let count = 0; count < 30; count += 1) await decide(cluster.gatewayUrl, count);
    const { page } = await opened();
    await page.goto(`${cluster.gatewayUrl}/ledger`);
    await page.getByTestId('slot-31').waitFor();
    await page.getByLabel('Id of a request').fill(id);
    await page.getByRole('button', { name: 'Find' }).click();
    await page.getByTestId('found').getByText('Slot 1, with the result {"index":1').waitFor();
    await page.getByTestId('slot-1').getByText('looked for').first().waitFor();
  });

  it('G3: is not blank where the language of the browser is none that Intl knows', async () => {
    const cluster = await startedCluster();
    const { page, problems } = await opened();
    await page.addInitScript(
      `Object.defineProperty(Navigator.prototype, 'language', { get: () => 'en-US@posix' })`,
    );
    await page.goto(cluster.gatewayUrl);
    await page.getByTestId('connection').getByText('Live').waitFor();
    await page.locator('.uplot').first().waitFor();
    await page.goto(`${cluster.gatewayUrl}/experiments`);
    await page.getByRole('button', { name: 'Measure' }).waitFor();
    expect(problems).toEqual([]);
  });

  it('H10, H11: no page is wider than a phone, from the moment on that it is one', async () => {
    const cluster = await startedCluster();
    await decide(cluster.gatewayUrl, { long: 'x'.repeat(500), words: 'word '.repeat(200) });
    const { page } = await opened();
    for (const path of ['/', '/ledger', '/compare', '/experiments', '/replay', '/check']) {
      await page.setViewportSize(DESK);
      await page.goto(cluster.gatewayUrl + path);
      await page.locator('main section').first().waitFor();
      if (path === '/ledger') await page.getByTestId('slot-1').locator('summary').click();
      await page.setViewportSize(PHONE);
      expect({ path, overhang: await overhangOf(page) }).toEqual({ path, overhang: 0 });
    }
  });

  it('I11: text from outside reads as it is, in the ledger as in a receipt', async () => {
    const cluster = await startedCluster();
    const { id } = await decide(cluster.gatewayUrl, 'pay \u202e001\u202c now');
    const { page } = await opened();
    await page.goto(`${cluster.gatewayUrl}/ledger`);
    await page.getByTestId('slot-1').getByText('pay \\u{202e}001\\u{202c} now').first().waitFor();
    await page.goto(`${cluster.gatewayUrl}/check?request=${id}&sequence=1`);
    await page.getByRole('button', { name: 'Take it from the gateway' }).click();
    const verdict = page.getByTestId('verdict');
    await verdict.getByText('pay \\u{202e}001\\u{202c} now').waitFor();
    expect(await verdict.innerText()).not.toMatch(/[\u202a-\u202e]/);
  });

  it('H3: asks before it stores as text what begins like JSON and is none', async () => {
    const cluster = await startedCluster();
    const { page } = await opened();
    await page.goto(cluster.gatewayUrl);
    await page.getByTestId('connection').getByText('Live').waitFor();
    await page.getByLabel('Data, as JSON or plain text').fill('{bad json');
    await page.getByTestId('stored-as').getByText('This is not JSON').waitFor();
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByText('Is that what you mean?').waitFor();
    expect(await cluster.gateway.ledger()).toEqual([]);
    await page.getByRole('button', { name: 'Store as text' }).click();
    await page.getByTestId('answer').getByText('Decided as slot 1').waitFor();
  });
});
