import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LimitedLog } from './limited-log.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('LimitedLog', () => {
  it('H6: says the first lines, counts the rest, and sums up at the end of the period', () => {
    const lines: string[] = [];
    const log = new LimitedLog((line) => lines.push(line), { lines: 2, periodMs: 60_000 });
    for (let index = 1; index <= 100; index += 1) {
      log.add(index % 2 === 0 ? '401' : '429', () => `refused ${index}`);
    }
    expect(lines).toEqual(['refused 1', 'refused 2']);
    vi.advanceTimersByTime(60_000);
    expect(lines.slice(2)).toEqual(['not said one by one in the last 60 s: 49 × 429, 49 × 401']);
    log.add('401', () => 'refused again');
    expect(lines.at(-1)).toBe('refused again');
    vi.advanceTimersByTime(60_000);
    expect(lines).toHaveLength(4);
  });

  it('makes no line that it does not say', () => {
    const made = vi.fn<() => string>(() => 'line');
    const log = new LimitedLog(() => undefined, { lines: 1, periodMs: 1000 });
    for (let index = 0; index < 1000; index += 1) log.add('kind', made);
    expect(made).toHaveBeenCalledTimes(1);
  });
});
