import { expect, it } from 'vitest';
import type { ExperimentRow } from '@ccro/experiment';
import { sweepLines } from './sweep-lines.js';

function row(mode: 'ccro' | 'pbft', nodes: number, timeMs?: number): ExperimentRow {
  const cell = { mode, nodes, byzantine: 1, fault: 'offline', payloadBytes: 200 } as const;
  const common = { ...cell, rounds: 3, elapsedMs: 10 };
  if (timeMs === undefined) return { ...common, outcome: 'failed', reason: 'no quorum' };
  const times = { timeMs, fastestMs: timeMs, slowestMs: timeMs };
  const counts = { messages: 1, bytes: 1, signaturesMade: 1, signaturesChecked: 1, cpuMs: 1 };
  const figures = { ...times, ...counts, oneRound: 0, scheme: 'ed25519' };
  return { ...common, outcome: 'measured', figures };
}

it('there is a line for each mode and fault, with gaps where a cell failed', () => {
  const rows = [row('pbft', 16, 30), row('ccro', 16), row('pbft', 4, 10), row('ccro', 4, 5)];
  expect(sweepLines(rows, ({ timeMs }) => timeMs)).toEqual({
    sizes: [4, 16],
    lines: [
      { name: 'pbft, offline', values: [10, 30] },
      { name: 'ccro, offline', values: [5, undefined] },
    ],
  });
});
