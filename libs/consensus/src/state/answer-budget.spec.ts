import { describe, expect, it } from 'vitest';
import { AnswerBudget } from './answer-budget.js';

const CAPACITY = 2 * 1024 * 1024;
const PER_MS = 4 * 1024;

describe('what others may draw out of a replica', () => {
  it('can be spent to the last byte, and comes back with time', () => {
    const budget = new AnswerBudget();
    const spend = (bytes: number, nowMs: number) => budget.spend(1, bytes, nowMs, 'certificates');
    expect(spend(CAPACITY, 1000)).toBe(true);
    expect(spend(PER_MS, 1000)).toBe(false);
    expect(spend(PER_MS, 1001)).toBe(true);
    expect(spend(PER_MS, 1001)).toBe(false);
    expect(spend(2 * PER_MS, 1003)).toBe(true);
  });

  it('A5, sibling: is less of what was sent before, which counts as decisions, too', () => {
    const budget = new AnswerBudget();
    const MIB = 1024 * 1024;
    expect(budget.spend(1, 2 * MIB, 0, 'again')).toBe(true);
    expect(budget.spend(1, 1, 0, 'again')).toBe(false);
    expect(budget.spend(1, 2 * MIB + 1, 0, 'decisions')).toBe(false);
    expect(budget.spend(1, 2 * MIB, 0, 'decisions')).toBe(true);
    // In the time in which the one is full, the other has its eighth again.
    expect(budget.spend(1, 4 * MIB, 256, 'decisions')).toBe(true);
    expect(budget.spend(1, MIB / 2, 256, 'again')).toBe(false);
    expect(budget.spend(1, MIB / 2, 300, 'again')).toBe(true);
  });

  it('is a number of messages as well, however short they are', () => {
    const budget = new AnswerBudget();
    let sent = 0;
    for (const kind of ['certificates', 'again'] as const) {
      while (budget.spend(1, 0, 0, kind)) sent += 1;
    }
    expect(sent).toBe(512 + 512);
    for (const kind of ['certificates', 'again'] as const) {
      for (let ms = 1; ms <= 1000; ms += 1) if (budget.spend(1, 0, ms, kind)) sent -= 1;
    }
    expect(sent).toBe(512 + 512 - 1500);
  });
});
