import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { DescriptorBudget, limitIn, openFilesLimit } from './descriptors.js';

describe('the limit of open files', () => {
  it('F4: is read as the system says it', () => {
    const limits =
      'Max processes   62987   62987   processes\nMax open files   1024   4096   files\n';
    expect(limitIn(limits)).toBe(1024);
    expect(
      limitIn('Max open files            unlimited            unlimited            files'),
    ).toBe(2 ** 20);
    expect(limitIn('')).toBeUndefined();
    // What a child says of itself, whose limits are those of its parent.
    const said = execFileSync('/bin/sh', ['-c', 'ulimit -n']).toString().trim();
    expect(openFilesLimit()).toBe(said === 'unlimited' ? 2 ** 20 : Number(said));
  });
});

describe('what a process may have open', () => {
  it('F4: is set aside for stores first, and what callers may have is what remains', () => {
    const budget = new DescriptorBudget(1024);
    const before = budget.connections;
    const files = budget.reserveStore();
    expect(files).toBeGreaterThanOrEqual(74);
    expect(budget.connections).toBe(before - files);
    budget.releaseStore(files);
    expect(budget.connections).toBe(before);
  });

  it('F4, sibling: with all nodes in one process there is never more in use than the limit', () => {
    const budget = new DescriptorBudget(4096);
    let stores = 0;
    for (let node = 0; node < 13; node += 1) stores += budget.reserveStore();
    expect(stores + budget.connections).toBeLessThan(4096);
    expect(budget.connections).toBeGreaterThan(0);
  });

  it('F4, sibling: a large cluster with stores in one process starts with the usual limits', () => {
    for (const [limit, nodes] of [
      [1024, 4],
      [4096, 31],
      [20_000, 91],
    ] as const) {
      const budget = new DescriptorBudget(limit);
      for (let node = 0; node < nodes; node += 1) budget.reserveStore();
      expect(budget.connections).toBeGreaterThan(limit / 8);
    }
  });

  it('I29, sibling: connections are bounded, however many files are allowed', () => {
    for (const limit of [65_536, 2 ** 20]) {
      const budget = new DescriptorBudget(limit);
      expect(budget.connections).toBe(8_192);
      expect(budget.reserveStore()).toBe(1_000);
    }
  });

  it('F4: too low a limit is refused in words, and nothing stays set aside', () => {
    const budget = new DescriptorBudget(200);
    budget.reserveStore();
    const { connections } = budget;
    expect(() => budget.reserveStore()).toThrow(
      /limit of open files is 200 .* at least \d+.*ulimit -n/,
    );
    expect(budget.connections).toBe(connections);
    expect(() => new DescriptorBudget(64).check()).toThrow(/at least 112/);
  });
});
