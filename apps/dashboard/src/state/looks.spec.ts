import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { lookAgain } from './looks.js';

const EVERY_MS = 100;

const page = { hidden: false };
/** Looks that began, each to be answered with whether it was the last. */
let looks: { isStale: () => boolean; answer: (last: boolean) => void }[];

function begin(): () => void {
  return lookAgain(EVERY_MS, (isStale) => new Promise((answer) => looks.push({ isStale, answer })));
}

beforeEach(() => {
  looks = [];
  page.hidden = false;
  vi.useFakeTimers();
  vi.stubGlobal('document', page);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('looks again only when the last look has its answer, until it was the last', async () => {
  begin();
  await vi.advanceTimersByTimeAsync(10 * EVERY_MS);
  expect(looks).toHaveLength(1);
  expect(looks[0]?.isStale()).toBe(false);
  looks[0]?.answer(false);
  await vi.advanceTimersByTimeAsync(EVERY_MS);
  expect(looks).toHaveLength(2);
  looks[1]?.answer(true);
  await vi.advanceTimersByTimeAsync(10 * EVERY_MS);
  expect(looks).toHaveLength(2);
});

it('tells a look that is on its way that it is stale', async () => {
  const end = begin();
  end();
  expect(looks[0]?.isStale()).toBe(true);
  looks[0]?.answer(false);
  await vi.advanceTimersByTimeAsync(10 * EVERY_MS);
  expect(looks).toHaveLength(1);
});

it('does not look while nobody sees the page', async () => {
  page.hidden = true;
  begin();
  await vi.advanceTimersByTimeAsync(3 * EVERY_MS);
  expect(looks).toHaveLength(0);
  page.hidden = false;
  await vi.advanceTimersByTimeAsync(EVERY_MS);
  expect(looks).toHaveLength(1);
});
