import { planOf } from '@ccro/experiment';
import { expect, it } from 'vitest';
import { experimentOf, type ExperimentParts } from './experiment.js';

const plan = planOf({ nodes: [4, 7], mode: 'ccro' });
const WAITING: ExperimentParts = {
  id: 'x',
  createdAtMs: Date.UTC(2026, 0, 1),
  order: { plan },
  account: undefined,
  isActive: false,
};
const account = { startedAtMs: Date.UTC(2026, 0, 2), rows: [] };

it.each([
  [{}, 'waiting', null],
  [{ isActive: true }, 'running', null],
  [{ account, isActive: true }, 'running', null],
  // Given back by a gateway that ended.
  [{ account }, 'waiting', null],
  [{ account, order: { plan, cancelled: true } }, 'cancelled', null],
  // Cancelled, and not ended yet.
  [{ account, order: { plan, cancelled: true }, isActive: true }, 'running', null],
  [{ account: { ...account, ended: { state: 'completed', atMs: 3 } } }, 'completed', null],
  [{ account: { ...account, ended: { state: 'failed', atMs: 3, reason: 'no' } } }, 'failed', 'no'],
  [{ account, failure: 'OOM command not allowed' }, 'failed', 'OOM command not allowed'],
] satisfies (readonly [Partial<ExperimentParts>, string, string | null])[])(
  'what is kept as %j is %s',
  (parts, state, reason) => {
    expect(experimentOf({ ...WAITING, ...parts })).toMatchObject({
      state,
      reason,
      createdAt: '2026-01-01T00:00:00.000Z',
      progress: {
        cells: 2,
        done: 0,
        current: state === 'running' ? 'ccro, n = 4, no fault' : null,
      },
    });
  },
);
