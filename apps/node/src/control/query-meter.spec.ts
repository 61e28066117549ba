import { describe, expect, it } from 'vitest';
import { QueryMeter } from './query-meter.js';

describe('what a query costs', () => {
  it('I15, sibling: is its own work and reading, not what goes on meanwhile', async () => {
    let nowMs = 0;
    const meter = new QueryMeter(() => nowMs);
    const passing = (ms: number) => (nowMs += ms);
    meter.work(() => passing(3));
    nowMs += 500;
    const amount = { count: 1, characters: 64 * 1024 };
    await meter.read(
      () => Promise.resolve(passing(1)),
      () => amount,
    );
    expect(meter.cost).toEqual({ ms: 4, bytes: 0 });
    await meter.read(
      () => Promise.resolve(passing(500)),
      () => amount,
    );
    expect(meter.cost.ms).toBeCloseTo(4 + 2.1);
    meter.sent(300);
    expect(meter.cost.bytes).toBe(300);
  });

  it('I15, sibling: is counted also where the work fails', () => {
    let nowMs = 0;
    const meter = new QueryMeter(() => nowMs);
    const failing = (): void =>
      meter.work(() => {
        nowMs += 3;
        throw new Error('failed');
      });
    expect(failing).toThrow('failed');
    expect(meter.cost.ms).toBe(3);
  });
});
