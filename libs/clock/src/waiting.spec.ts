import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { anyOf, deadline, Overdue, pause, Quit, until } from './waiting.js';

const never = new AbortController().signal;

describe('until', () => {
  it('looks until there is something', async () => {
    let looks = 0;
    const found = await until('it', { boundMs: 5_000, quit: never, everyMs: 1 }, () =>
      Promise.resolve((looks += 1) === 3 ? 'there' : undefined),
    );
    expect([found, looks]).toEqual(['there', 3]);
  });

  it('says what did not happen in time', async () => {
    const waiting = until('it', { boundMs: 20, quit: never, everyMs: 1 }, () =>
      Promise.resolve(undefined),
    );
    await expect(waiting).rejects.toEqual(new Overdue('it', 20));
    await expect(waiting).rejects.toThrow('it did not happen within 0.02 s');
  });

  it('ends when the user wants to', async () => {
    const quit = new AbortController();
    const waiting = until('it', { boundMs: 60_000, quit: quit.signal, everyMs: 60_000 }, () =>
      Promise.resolve(undefined),
    );
    quit.abort();
    await expect(waiting).rejects.toThrow(Quit);
  });
});

describe('signals', () => {
  it('abort with the first of several, or at once when one has', () => {
    const [one, other] = [new AbortController(), new AbortController()];
    const any = anyOf(one.signal, other.signal);
    expect(any.aborted).toBe(false);
    other.abort();
    expect(any.aborted).toBe(true);
    expect(anyOf(one.signal, other.signal).aborted).toBe(true);
    expect(anyOf(other.signal, one.signal).aborted).toBe(true);
    expect(getEventListeners(one.signal, 'abort')).toEqual([]);
  });

  it('abort when the time is up, and end a pause', async () => {
    const startedMs = performance.now();
    await pause(60_000, deadline(10, never));
    expect(performance.now() - startedMs).toBeLessThan(30_000);
  });
});
