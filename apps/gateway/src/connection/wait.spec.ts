import { describe, expect, it, vi } from 'vitest';
import { BrokerWatch } from './broker-watch.js';
import { Waits } from './wait.js';

const CALLS = 1000;
const LONG_MS = 60_000;

/** A broker whose connection the test changes. */
function brokerWatch(): { readonly watch: BrokerWatch; change(connected: boolean): void } {
  let listener: (connected: boolean) => void = () => undefined;
  const watch = new BrokerWatch({
    connected: true,
    onConnectionChange: (given) => {
      listener = given;
      return () => undefined;
    },
  });
  return { watch, change: (connected) => listener(connected) };
}

const never = new Promise<void>(() => undefined);

describe('calls that wait', () => {
  it('all end when the gateway closes, also those that begin to wait later', async () => {
    const closing = new AbortController();
    const waits = new Waits(brokerWatch().watch, closing.signal);
    const ends = Array.from({ length: CALLS }, () => waits.firstOf(never, LONG_MS));
    closing.abort();
    expect(new Set(await Promise.all(ends))).toEqual(new Set(['closing']));
    expect(await waits.firstOf(never, LONG_MS)).toBe('closing');
  });

  it('end when what they wait for is there, or with what it fails, and leave no timer', async () => {
    vi.useFakeTimers();
    try {
      const waits = new Waits(brokerWatch().watch, new AbortController().signal);
      expect(await waits.firstOf(Promise.resolve(), LONG_MS)).toBe('finished');
      await expect(waits.firstOf(Promise.reject(new Error('broken')), LONG_MS)).rejects.toThrow(
        'broken',
      );
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('end when their time is up, less what had passed before, never earlier', async () => {
    vi.useFakeTimers();
    try {
      const waits = new Waits(brokerWatch().watch);
      const startedAtMs = performance.now();
      let end: string | undefined;
      vi.advanceTimersByTime(250);
      void waits.firstOf(never, 1_000, startedAtMs).then((how) => (end = how));
      await vi.advanceTimersByTimeAsync(749);
      expect(end).toBeUndefined();
      await vi.advanceTimersByTimeAsync(100);
      expect(end).toBe('too-late');
    } finally {
      vi.useRealTimers();
    }
  });

  it('end when the broker is away for longer than a moment', async () => {
    vi.useFakeTimers();
    try {
      const broker = brokerWatch();
      const end = new Waits(broker.watch).firstOf(never, LONG_MS);
      broker.change(false);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await end).toBe('broker-away');
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
