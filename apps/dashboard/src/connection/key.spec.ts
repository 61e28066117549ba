import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { fetchWithKey, keyWanted, takeKey } from './key.js';

/** Requests on their way: the key that each was sent with, and how to answer it. */
let sent: { key: string | null; answer: (response: Response) => void }[];

beforeEach(() => {
  const items = new Map<string, string>();
  sent = [];
  vi.stubGlobal('sessionStorage', {
    getItem: (name: string) => items.get(name) ?? null,
    setItem: (name: string, value: string) => items.set(name, value),
  });
  vi.stubGlobal('fetch', (_path: string, { headers }: { headers: Headers }) => {
    const key = headers.get('authorization');
    return new Promise<Response>((answer) => sent.push({ key, answer }));
  });
  takeKey('ccro_first');
});
afterEach(() => vi.unstubAllGlobals());

const refusal = (): Response => new Response('', { status: 401 });
const forbidden = (): Response =>
  new Response('{"type":"urn:ccro:problem:forbidden"}', { status: 403 });

it('sends the key, and asks for another where it is not known or allows too little', async () => {
  const unknown = fetchWithKey('/status');
  expect(sent[0]?.key).toBe('Bearer ccro_first');
  sent[0]?.answer(refusal());
  expect((await unknown).status).toBe(401);
  expect(keyWanted()).toBe('unknown');
  const weak = fetchWithKey('/requests');
  sent[1]?.answer(forbidden());
  await weak;
  expect(keyWanted()).toBe('weak');
});

it.each([refusal, forbidden])('does not ask again for a key given meanwhile', async (refused) => {
  const poll = fetchWithKey('/status');
  takeKey('ccro_second');
  sent[0]?.answer(refused());
  await poll;
  expect(keyWanted()).toBeUndefined();
});

it.each(['ccro_\u{1F511}', 'two words', 'ccro_é', ''])('takes no key such as "%s"', async (key) => {
  takeKey(key);
  expect(keyWanted()).toBe('unknown');
  void fetchWithKey('/status');
  expect(sent[0]?.key).toBe('Bearer ccro_first');
});
