/**
 * Chromium, where there is one: CHROMIUM names it. SCREENSHOTS names a directory that is to get
 * pictures.
 */

import axe from 'axe-core';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';

/** Sizes of windows. */
export const DESK = { width: 1200, height: 1000 };
export const PHONE = { width: 390, height: 844 };

export const CHROMIUM = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));

/** For specs that are skipped without it: says so. */
export function skippedWithoutChromium(spec: string): boolean {
  if (CHROMIUM !== undefined) return false;
  process.stderr.write(`${spec}: skipped, there is no Chromium (set CHROMIUM to its path)\n`);
  return true;
}

/** A page, with the errors and warnings in its console. */
interface WatchedPage {
  readonly page: Page;
  readonly problems: readonly string[];
}

/**
 * Chromium for all tests of a file or a describe block.
 *
 * @param patienceMs how long a page waits for what is to come
 * @returns a function that opens a page, of the size of a desk and light, for one test
 */
export function browserForSpec(patienceMs: number): () => Promise<WatchedPage> {
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (CHROMIUM === undefined) throw new Error('there is no Chromium');
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  });
  afterAll(() => browser?.close());
  return async () => {
    if (browser === undefined) throw new Error('the browser is not started yet');
    const context = await browser.newContext({ viewport: DESK, colorScheme: 'light' });
    onTestFinished(() => context.close());
    context.setDefaultTimeout(patienceMs);
    const page = await context.newPage();
    return { page, problems: problemsOf(page) };
  };
}

function problemsOf(page: Page): readonly string[] {
  const problems: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  return problems;
}

/** Presses a button that is named like this, the first there is. @returns the file it saves */
export async function downloaded(page: Page, name: string): Promise<string> {
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name }).first().click();
  return (await downloading).path();
}

/** Takes a picture where one is wanted. */
export async function picture(page: Page, name: string, fullPage = false): Promise<void> {
  const directory = process.env['SCREENSHOTS'];
  if (directory === undefined) return;
  await page.screenshot({ path: join(directory, `${name}.png`), fullPage });
}

/** Pixels by which the page is wider than the window. */
export function overhangOf(page: Page): Promise<number> {
  return page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
}

/** What keeps people from using the page as it is now, by the rules of WCAG 2.1 A and AA. */
export async function barriersOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  return page.evaluate<string[]>(`(async () => {
    const { violations } = await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] });
    // In the drawing, contrast is taken against messages that happen to fly past.
    const passing = ({ id, nodes }) =>
      id === 'color-contrast' && nodes.every(({ html }) => html.startsWith('<text'));
    return violations.filter((each) => !passing(each)).map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' '));
  })()`);
}
