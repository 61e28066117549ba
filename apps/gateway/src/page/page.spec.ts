import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newApiKey } from '@ccro/cluster-config';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import { closeStarted, startedGateway as start } from '../../test/started-gateway.js';

afterEach(closeStarted);

async function pageDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ccro-page-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  await mkdir(join(directory, 'assets'));
  await writeFile(join(directory, 'index.html'), '<!doctype html><title>CCRO</title>');
  await writeFile(join(directory, 'assets', 'main-1a2b.js'), 'export {};');
  return directory;
}

const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

it('browsers get the page, programs get the links', async () => {
  const { gateway, call } = await start({ pageDirectory: await pageDirectory() });
  const page = await fetch(gateway.url, { headers: browser });
  expect(await page.text()).toContain('<title>CCRO</title>');
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self';");
  expect(page.headers.get('cache-control')).toBe('no-cache');
  expect(page.headers.get('vary')).toBe('Origin, accept');
  expect((await call('GET', '/')).body).toHaveProperty('links');
});

it('a path that is both: the page for browsers, the answer for programs', async () => {
  const { gateway, call } = await start({ pageDirectory: await pageDirectory() });
  const page = await fetch(`${gateway.url}/ledger?from=2`, { headers: browser });
  expect(await page.text()).toContain('<title>CCRO</title>');
  const answer = await call('GET', '/ledger');
  expect(answer.body).toHaveProperty('decisions');
  expect(answer.headers.get('vary')).toBe('Origin, accept');
  // Below it there is none.
  const below = await fetch(`${gateway.url}/ledger/1`, { headers: browser });
  expect(below.headers.get('content-type')).toContain('json');
});

it('the page comes without a key, at each of its paths; what it shows does not', async () => {
  const { entry } = newApiKey({ name: 'ann', role: 'read' });
  const { gateway } = await start({ pageDirectory: await pageDirectory(), apiKeys: [entry] });
  const statusOf = async (path: string, headers = {}): Promise<number> =>
    (await fetch(gateway.url + path, { headers })).status;
  for (const path of ['/', '/ledger', '/assets/main-1a2b.js']) {
    expect({ path, status: await statusOf(path, browser) }).toEqual({ path, status: 200 });
  }
  for (const path of ['/ledger', '/ledger?limit=1']) {
    expect({ path, status: await statusOf(path) }).toEqual({ path, status: 401 });
  }
  expect(await statusOf('/ledger/1', browser)).toBe(401);
});

it('assets may be kept for ever, and nothing else is served', async () => {
  const { gateway } = await start({ pageDirectory: await pageDirectory() });
  const asset = await fetch(`${gateway.url}/assets/main-1a2b.js`);
  expect(asset.status).toBe(200);
  expect(asset.headers.get('content-type')).toContain('javascript');
  expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  for (const path of ['/assets/none.js', '/assets/', '/assets/..%2findex.html']) {
    const { status, headers } = await fetch(gateway.url + path);
    expect({ path, status }).toEqual({ path, status: 404 });
    expect(headers.get('content-type')).toContain('application/problem+json');
  }
});

it('F4, sibling: files of the page are not opened again for each call', async () => {
  const directory = await pageDirectory();
  const { gateway } = await start({ pageDirectory: directory });
  await rm(join(directory, 'assets'), { recursive: true });
  const asset = await fetch(`${gateway.url}/assets/main-1a2b.js`);
  expect(await asset.text()).toBe('export {};');
});

it('without a page everybody gets the links', async () => {
  const { gateway } = await start({ pageDirectory: '/nowhere' });
  const answer = await fetch(gateway.url, { headers: browser });
  expect(answer.headers.get('content-type')).toContain('application/json');
});
