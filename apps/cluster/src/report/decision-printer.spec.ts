import { describe, expect, it } from 'vitest';
import type { DecidedAnswer } from '@ccro/gateway-app';
import { DecisionPrinter, type ReportSources } from './decision-printer.js';

type Role = DecidedAnswer['nodes'][number]['role'];

function decision(sequence: number, roles: readonly Role[], view = 0): DecidedAnswer {
  return {
    ...{ id: `gateway-${sequence}`, status: 'decided', mode: 'ccro', view, sequence },
    ...{ digest: 'd', result: null, consensusTimeMs: 2, replies: { matching: 4, required: 2 } },
    nodes: roles.map((role, id) => ({ id, role, reply: 'matching', correct: 4, corrupt: 0 })),
  };
}

function printing(primary = 0, collector: number | null = 2) {
  const lines: string[] = [];
  const asked: number[] = [];
  const printer = new DecisionPrinter((line) => lines.push(line), { primary: 0, collector: 2 });
  const sources: ReportSources = {
    trafficOf: (sequence) => {
      asked.push(sequence);
      return Promise.resolve({ published: 9, deliveries: 10 * sequence, deliveredBytes: 100 });
    },
    gateway: {
      status: () => Promise.resolve({ view: 0, primary, collector, suspects: [] }),
      suspects: () => Promise.resolve([]),
    },
  };
  const begin = (): Promise<void> => printer.begin(sources);
  const report = async (each: DecidedAnswer): Promise<readonly string[]> => {
    lines.length = 0;
    printer.decided(each);
    await printer.finished();
    return lines;
  };
  return { printer, begin, report, asked, lines };
}

describe('the report of a decision', () => {
  it('is printed too when it was decided before the printer began', async () => {
    const { printer, begin, lines } = printing();
    const roles = ['commander', 'replica', 'communication', 'replica'] as const;
    printer.decided(decision(1, roles));
    printer.decided(decision(2, roles));
    expect(lines).toEqual([]);
    await begin();
    await printer.finished();
    expect(lines).toContain('Messages delivered: 10 (100 bytes)');
    expect(lines).toContain('(and 1 more decisions meanwhile)');
  });

  it('H4: counts the messages of its own slot, whatever was said since the last report', async () => {
    const { begin, report, asked } = printing();
    await begin();
    const roles = ['commander', 'replica', 'communication', 'replica'] as const;
    expect(await report(decision(3, roles))).toContain('Messages delivered: 30 (100 bytes)');
    expect(await report(decision(2, roles))).toContain('Messages delivered: 20 (100 bytes)');
    expect(asked).toEqual([3, 2]);
  });

  it('H1: says who gathered the votes of this decision when it is another node', async () => {
    const { begin, report } = printing();
    await begin();
    const first = await report(decision(1, ['commander', 'replica', 'communication', 'replica']));
    expect(first.filter((line) => line.includes('in place of'))).toEqual([]);
    const second = await report(decision(2, ['commander', 'replica', 'replica', 'communication']));
    expect(second[0]).toBe('Node 3 is the communication node now, in place of node 2.');
    // Not known: nothing is said of it, and nothing forgotten.
    const third = await report(decision(3, ['commander', 'replica', 'replica', 'replica']));
    expect(third.filter((line) => line.includes('in place of'))).toEqual([]);
  });

  it('H1, sibling: of a cluster that goes on where it ended the roles are said at its start', async () => {
    const { begin, report, lines: printed } = printing(1, 3);
    await begin();
    expect(printed).toEqual([
      'Node 1 is the commander now, in place of node 0.',
      'Node 3 is the communication node now, in place of node 2.',
    ]);
    const roles = ['replica', 'commander', 'replica', 'communication'] as const;
    const lines = await report(decision(9, roles, 5));
    expect(lines[0]).toMatch(/^CCRO Consensus Time/);
    const next = await report(
      decision(10, ['communication', 'replica', 'commander', 'replica'], 6),
    );
    expect(next.slice(0, 2)).toEqual([
      'Node 2 is the commander now, in place of node 1.',
      'Node 0 is the communication node now, in place of node 3.',
    ]);
  });
});
