/**
 * Issue 5, acceptance: the page in a real browser. It is skipped, saying so, where there is no
 * Chromium; CHROMIUM names one, and SCREENSHOTS a directory that is to get pictures.
 */

import { clusterKeys, developmentCluster } from '@ccro/cluster-config';
import { ReceiptVerifier } from '@ccro/receipt';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newApiKey } from '@ccro/cluster-config';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needsBuild } from './support/programs.contract.js';
import { nameOf, startedCluster } from './support/test-cluster.contract.js';

const PATIENCE_MS = 20_000;
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1200, height: 1000 };

const CHROMIUM = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));

if (CHROMIUM === undefined) {
  process.stderr.write('dashboard.e2e: skipped, there is no Chromium (set CHROMIUM to its path)\n');
}

/** Checks receipts of a development cluster of four, with its public keys alone. */
function verifier(cluster: string): ReceiptVerifier {
  return new ReceiptVerifier(clusterKeys(developmentCluster({ nodes: 4, mode: 'ccro', cluster })));
}

/** Takes a picture where one is wanted. */
async function picture(page: Page, name: string): Promise<void> {
  const directory = process.env['SCREENSHOTS'];
  if (directory === undefined) return;
  await page.screenshot({
    path: join(directory, `${name}.png`),
    fullPage: name === 'dashboard-phone',
  });
}

describe.skipIf(CHROMIUM === undefined)('the page', () => {
  needsBuild();
  let browser: Browser | undefined;

  beforeAll(async () => {
    if (CHROMIUM === undefined) return;
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  });
  afterAll(() => browser?.close());

  it('submits, shows the decision, a lie and the next commander, and complains of nothing', async () => {
    const cluster = await startedCluster({ faultInjection: true });
    const page = await browser!.newPage({ viewport: DESK, colorScheme: 'light' });
    page.setDefaultTimeout(PATIENCE_MS);
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(cluster.gatewayUrl);
    await page.getByTestId('connection').getByText('Live').waitFor();
    await page.getByRole('button', { name: /^Node 0, commander, well/ }).waitFor();

    const submit = async (): Promise<void> => {
      await page.getByRole('button', { name: 'Submit' }).click();
      await page.getByRole('button', { name: 'Submit', disabled: false }).waitFor();
    };
    await submit();
    await page.getByTestId('answer').getByText('Decided as slot 1 in view 0').waitFor();
    await page.locator('.phases').getByText('prepare vote').waitFor();
    await picture(page, 'dashboard-light');

    // By the keyboard: the node is a button.
    await page.getByRole('button', { name: /^Node 3/ }).press('Enter');
    await page.getByLabel('Fault').selectOption('double-vote');
    await page.getByRole('button', { name: 'Make faulty' }).click();
    await page.getByRole('button', { name: /^Node 3.*fault: double-vote/ }).waitFor();
    await submit();
    await page
      .getByTestId('accusations')
      .getByText(/Node 3 voted for two different/)
      .waitFor();
    await page.getByText(/^Slot 2, slowed down/).waitFor();
    await page.emulateMedia({ colorScheme: 'dark' });
    await picture(page, 'dashboard-dark');
    await page.getByRole('button', { name: 'Heal' }).click();
    await page.getByRole('button', { name: /^Node 3, replica, well/ }).waitFor();

    await page.getByRole('button', { name: /^Node 0/ }).click();
    await page.getByLabel('Fault').selectOption('offline');
    await page.getByRole('button', { name: 'Make faulty' }).click();
    await page.getByRole('button', { name: /^Node 0, commander, down/ }).waitFor();
    await submit();
    await page.getByRole('button', { name: /^Node 1, commander/ }).waitFor();
    await page.getByTestId('view').getByText('1, commander 1').waitFor();

    await page.getByRole('link', { name: 'Ledger' }).click();
    await page.getByTestId('slots').getByText('Slots 1 to 3 of 3').waitFor();
    await page.getByTestId('slot-2').locator('summary').click();
    await page.getByTestId('slot-2').getByText('Commit certificate').waitFor();
    await picture(page, 'ledger-dark');
    const download = page.waitForEvent('download');
    await page.getByTestId('slot-2').getByRole('button', { name: 'receipt' }).click();
    const receipt = await readFile(await (await download).path(), 'utf8');
    expect(verifier(await nameOf(cluster)).verify(Buffer.from(receipt))).toMatchObject({
      holds: true,
    });

    await page.getByRole('link', { name: 'Compare' }).click();
    await page.getByRole('combobox', { name: /^Nodes/ }).selectOption('7');
    await page.getByRole('combobox', { name: /^Fault/ }).selectOption('falsify');
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByTestId('comparison').getByText('with 7 nodes, 2 of them faulty').waitFor();
    const deliveries = await Promise.all(
      ['pbft', 'ccro'].map((mode) => page.getByTestId(`mode-${mode}`).locator('b').innerText()),
    );
    expect(Number(deliveries[0])).toBeGreaterThan(2 * Number(deliveries[1]));
    await picture(page, 'compare-dark');
    await page.getByRole('link', { name: 'Cluster' }).click();

    await page.setViewportSize(PHONE);
    const overhang = await page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect(overhang).toBe(0);
    await picture(page, 'dashboard-phone');
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('asks for a key where one is needed, keeps it for the tab, and goes on with it', async () => {
    const reader = newApiKey({ name: 'reader', role: 'read' });
    const submitter = newApiKey({ name: 'submitter', role: 'submit' });
    const cluster = await startedCluster({ apiKeys: [reader.entry, submitter.entry] });
    const page = await browser!.newPage({ viewport: DESK });
    page.setDefaultTimeout(PATIENCE_MS);
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
    await page.close();
  });
});
