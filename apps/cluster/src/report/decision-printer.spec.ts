import { describe, expect, it } from 'vitest';
import type { DecidedRequest } from '../launch/running-cluster.js';
import { DecisionPrinter } from './decision-printer.js';

type Role = DecidedRequest['nodes'][number]['role'];

function decision(sequence: number, roles: readonly Role[], view = 0): DecidedRequest {
  return {
    ...{ mode: 'ccro', view, sequence, consensusTimeMs: 2 },
    nodes: roles.map((role, id) => ({ id, role, reply: 'matching', correct: 4, corrupt: 0 })),
  };
}

function printing(primary = 0, collector: number | null = 2) {
  const lines: string[] = [];
  const asked: number[] = [];
  const printer = new DecisionPrinter(
    (line) => lines.push(line),
    {
      trafficOf: (sequence) => {
        asked.push(sequence);
        return Promise.resolve({ published: 9, deliveries: 10 * sequence, deliveredBytes: 100 });
      },
      gateway: {
        status: () => Promise.resolve({ view: 0, primary, collector, suspects: [] }),
        suspects: () => Promise.resolve([]),
      },
    },
    { commander: 0, communication: 2 },
  );
  const report = async (each: DecidedRequest): Promise<readonly string[]> => {
    lines.length = 0;
    printer.decided(each);
    await printer.finished();
    return lines;
  };
  return { printer, report, asked, lines };
}

describe('the report of a decision', () => {
  it('H4: counts the messages of its own slot, whatever was said since the last report', async () => {
    const { printer, report, asked } = printing();
    await printer.begin();
    const roles = ['commander', 'replica', 'communication', 'replica'] as const;
    expect(await report(decision(3, roles))).toContain('Messages delivered: 30 (100 bytes)');
    expect(await report(decision(2, roles))).toContain('Messages delivered: 20 (100 bytes)');
    expect(asked).toEqual([3, 2]);
  });

  it('H1: says who gathered the votes of this decision when it is another node', async () => {
    const { printer, report } = printing();
    await printer.begin();
    const first = await report(decision(1, ['commander', 'replica', 'communication', 'replica']));
    expect(first.filter((line) => line.includes('in place of'))).toEqual([]);
    const second = await report(decision(2, ['commander', 'replica', 'replica', 'communication']));
    expect(second[0]).toBe('Node 3 is the communication node now, in place of node 2.');
    // Not known: nothing is said of it, and nothing forgotten.
    const third = await report(decision(3, ['commander', 'replica', 'replica', 'replica']));
    expect(third.filter((line) => line.includes('in place of'))).toEqual([]);
  });

  it('H1, sibling: of a cluster that goes on where it ended the roles are said at its start', async () => {
    const { printer, report, lines: printed } = printing(1, 3);
    await printer.begin();
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
