import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Store, type Follow } from './store.js';

const AWHILE_MS = 60_000;

let following: number;
const follow: Follow = () => {
  following += 1;
  return () => {
    following -= 1;
  };
};

beforeEach(() => {
  following = 0;
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

it('follows events from the first listener on, until a while after the last one has gone', () => {
  const store = new Store(follow);
  expect(following).toBe(0);
  const leave = [store.subscribe(() => undefined), store.subscribe(() => undefined)];
  expect(following).toBe(1);
  leave[0]?.();
  vi.advanceTimersByTime(AWHILE_MS);
  expect(following).toBe(1);
  leave[1]?.();
  expect(following).toBe(1);
  vi.advanceTimersByTime(AWHILE_MS);
  expect(following).toBe(0);
  store.subscribe(() => undefined);
  expect(following).toBe(1);
});

it('goes on following from one page to the next', () => {
  const store = new Store(follow);
  store.subscribe(() => undefined)();
  store.subscribe(() => undefined);
  vi.advanceTimersByTime(AWHILE_MS);
  expect(following).toBe(1);
});

it('tells listeners what happened, many things at once', () => {
  const store = new Store(follow);
  const told: string[] = [];
  store.subscribe(({ connection }) => told.push(connection));
  for (const connection of ['live', 'lost', 'live'] as const) {
    store.dispatch({ kind: 'connection', connection });
  }
  vi.advanceTimersByTime(AWHILE_MS);
  expect(told).toEqual(['live']);
});
