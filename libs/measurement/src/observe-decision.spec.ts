import { getEventListeners } from 'node:events';
import { Overdue, Quit } from '@ccro/clock';
import { appendOperation } from '@ccro/state-machine';
import { expect, it } from 'vitest';
import { faultyNodes, NO_FAULTS } from './embedded-cluster.js';
import { observeDecision, type DecisionPlan } from './observe-decision.js';

const NOBODY_QUITS = new AbortController().signal;
const PLAN: DecisionPlan = {
  nodes: 4,
  mode: 'ccro',
  faults: NO_FAULTS,
  operation: appendOperation('very-important-data'),
  boundMs: 9_000,
};

it('the same operation in both modes: fewer deliveries in CCRO, the same result', async () => {
  const ccro = await observeDecision(PLAN, NOBODY_QUITS);
  const pbft = await observeDecision({ ...PLAN, mode: 'pbft' }, NOBODY_QUITS);
  for (const { byKind, deliveries, nodes, view, sequence } of [ccro, pbft]) {
    expect(Object.values(byKind).reduce((sum, each) => sum + each, 0)).toBe(deliveries);
    expect({ view, sequence }).toEqual({ view: 0, sequence: 1 });
    expect(nodes.map(({ reply }) => reply)).toEqual(Array(4).fill('matching'));
  }
  expect(pbft.deliveries).toBeGreaterThan(ccro.deliveries);
  expect(pbft.byKind).not.toHaveProperty('certificate');
  expect(ccro.byKind['certificate']).toBeGreaterThanOrEqual(4);
  expect(ccro.nodes.map(({ role }) => role)).toEqual([
    'commander',
    'replica',
    'communication',
    'replica',
  ]);
  expect(pbft.nodes.filter(({ role }) => role === 'communication')).toEqual([]);
});

it('a node that lies is seen by the others', async () => {
  const faults = faultyNodes(4, 1, 'falsify');
  const [liar = -1] = faults.keys();
  const { nodes } = await observeDecision({ ...PLAN, mode: 'pbft', faults }, NOBODY_QUITS);
  expect(nodes[liar]).toMatchObject({ fault: 'falsify', reply: 'false' });
  const honest = nodes.filter(({ id }) => id !== liar);
  expect(honest.some(({ corrupt }) => corrupt !== null && corrupt > 0)).toBe(true);
});

it('is given up when it takes too long, or nobody wants it any more', async () => {
  const faults = new Map([1, 2].map((id) => [id, 'offline'] as const));
  const hopeless = { ...PLAN, faults, boundMs: 300 };
  await expect(observeDecision(hopeless, NOBODY_QUITS)).rejects.toThrow(Overdue);
  await expect(observeDecision(PLAN, AbortSignal.abort())).rejects.toThrow(Quit);
});

it('leaves nobody waiting when there is nothing to decide on', async () => {
  const { signal } = new AbortController();
  const oversized = { ...PLAN, operation: 'x'.repeat(2 ** 20) };
  await expect(observeDecision(oversized, signal)).rejects.toThrow('operation has at most');
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
