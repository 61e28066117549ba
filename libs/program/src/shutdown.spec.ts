import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { closeOnSignals } from './shutdown.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const before = new Map(SIGNALS.map((name) => [name, process.listeners(name)]));

class Exited extends Error {}

let exits: (number | string | null | undefined)[];
let kills: unknown[];
let said: string;

beforeEach(() => {
  vi.useFakeTimers();
  exits = [];
  kills = [];
  said = '';
  vi.spyOn(process, 'exit').mockImplementation((code) => {
    exits.push(code);
    throw new Exited();
  });
  vi.spyOn(process, 'kill').mockImplementation((_, signal) => {
    kills.push(signal);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  for (const name of SIGNALS) {
    for (const each of process.listeners(name)) {
      if (before.get(name)?.includes(each) !== true) process.off(name, each);
    }
  }
});

function signal(name: 'SIGINT' | 'SIGTERM'): void {
  try {
    process.emit(name, name);
  } catch (error) {
    if (!(error instanceof Exited)) throw error;
  }
}

describe('an end that was asked for', () => {
  it('F3: closes in order, and then ends by the signal itself', async () => {
    const close = vi.fn<() => Promise<void>>(() => Promise.resolve());
    closeOnSignals(close, { name: 'it' });
    signal('SIGTERM');
    await vi.advanceTimersByTimeAsync(0);
    expect(close).toHaveBeenCalledOnce();
    expect(kills).toEqual(['SIGTERM']);
    expect(exits).toEqual([]);
  });

  it('F3: has a deadline, whatever it waits for', async () => {
    closeOnSignals(() => new Promise(() => undefined), { name: 'it', deadlineMs: 3_000 });
    signal('SIGINT');
    await vi.advanceTimersByTimeAsync(2_999);
    expect(exits).toEqual([]);
    await expect(vi.advanceTimersByTimeAsync(1)).rejects.toThrow(Exited);
    expect(exits).toEqual([1]);
    expect(said).toBe('it: not everything was closed within 3 s: ended anyway\n');
  });

  it('F3: a second signal ends it at once; one Ctrl-C that arrives twice is no second one', async () => {
    closeOnSignals(() => new Promise(() => undefined), { name: 'it' });
    signal('SIGINT');
    await vi.advanceTimersByTimeAsync(5);
    signal('SIGINT');
    expect(exits).toEqual([]);
    await vi.advanceTimersByTimeAsync(600);
    signal('SIGTERM');
    expect(exits).toEqual([143]);
  });

  it('F3, sibling: ends also when closing fails', async () => {
    closeOnSignals(() => Promise.reject(new Error('a socket\u001b[2J')), { name: 'it' });
    signal('SIGTERM');
    await vi.advanceTimersByTimeAsync(0);
    expect(said).toBe('it: Error: a socket\\u{1b}[2J\n');
    expect(kills).toEqual(['SIGTERM']);
  });
});
