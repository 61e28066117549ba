import { describe, expect, it } from 'vitest';
import type { ReplicaId } from '../ids.js';
import type {
  Certificate,
  NewView,
  PrePrepare,
  SlotReport,
  StableCheckpoint,
  ViewChange,
} from '../messages.js';
import { Bench, certified, prePrepare, request } from '../replica-bench.contract.js';

/** The batch of request 1 alone. */
const BATCH = 'batch(r1)';

const BEGINNING: StableCheckpoint = { sequence: 0, digest: '', certificate: null };

function checkpoint(sequence: number): StableCheckpoint {
  const certificate = { ...certified('prepare', 'state'), phase: 'checkpoint', sequence } as const;
  return { sequence, digest: 'state', certificate: certificate as Certificate<'checkpoint'> };
}

/** A slot in which everybody prepared `BATCH`. */
function prepared(sequence: number): SlotReport {
  const certificate = { ...certified('prepare', BATCH), sequence } as Certificate<'prepare'>;
  return { sequence, vote: { view: 0, digest: BATCH }, certificate };
}

function viewChange(
  replica: ReplicaId,
  stable: StableCheckpoint,
  slots: readonly SlotReport[],
): ViewChange {
  const base = { kind: 'view-change', view: 1, stable, slots } as const;
  return { ...base, replica, digest: `vc${replica}`, signature: 's' };
}

/** Node 1 becomes primary of view 1, when nodes 0, 2 and 3 left view 0 with what they report. */
function makePrimary(bench: Bench, stable: StableCheckpoint, slots: readonly SlotReport[]): Bench {
  for (const replica of [0, 2, 3]) bench.receive(viewChange(replica, stable, slots));
  const [begins] = bench.sent('new-view');
  bench.receive({ ...(begins?.message as NewView), signature: 's' }, 'self');
  expect(bench.replica.status()).toMatchObject({ view: 1, active: true });
  return bench;
}

function proposals(bench: Bench): [number, string][] {
  return bench
    .sent('pre-prepare')
    .map(({ message }) => message as PrePrepare)
    .map(({ sequence, digest }) => [sequence, digest]);
}

describe('a new primary (docs/PROTOCOL.md, no-equivocation)', () => {
  it('proposes waiting requests above what is carried over, though its checkpoint is older', () => {
    const bench = new Bench(1, 'pbft').receive(request(2)).receive(request(3));
    // It knows how far the others are, so it may propose as soon as it is primary.
    for (const replica of [2, 3]) {
      const status = { kind: 'status', replica, view: 0, lastExecuted: 0, attempt: 0 };
      bench.receive({ ...status, asks: false, signature: 's' });
    }
    makePrimary(bench, checkpoint(4), [prepared(5), prepared(6)]);
    // It lacks the batch of slots 5 and 6, so these wait; 7 is the first one that is free.
    expect(proposals(bench)).toEqual([[7, 'batch(r2,r3)']]);
  });

  it('does not propose once more, in a new slot, what is carried over', () => {
    const bench = new Bench(1, 'pbft').receive(prePrepare(1, [request(1)])).receive(request(1));
    makePrimary(bench, BEGINNING, [prepared(1)]);
    expect(proposals(bench)).toEqual([[1, BATCH]]);
  });
});

describe('a new-view that comes late', () => {
  it('does not stop a replica that knows of a decision in a later view', () => {
    const bench = new Bench(0, 'pbft');
    const certificate = { ...certified('commit', 'batch()'), view: 2 };
    const nothing = { kind: 'decision', sequence: 1, view: 2, digest: 'batch()', requests: [] };
    bench.receive({ ...nothing, certificate });
    expect(bench.replica.status().lastExecuted).toBe(1);
    const slots = [{ sequence: 1, vote: { view: 0, digest: BATCH }, certificate: null }];
    const viewChanges = [1, 2, 3].map((replica) => ({ replica, digest: `vc${replica}` }));
    for (const { replica } of viewChanges) {
      bench.receive({ ...viewChange(replica, BEGINNING, replica === 3 ? [] : slots) });
    }
    const reproposals = [{ sequence: 1, digest: BATCH }];
    const base = { kind: 'new-view', view: 1, replica: 1, signature: 's' };
    bench.receive({ ...base, viewChanges, reproposals });
    expect(bench.replica.status()).toMatchObject({ view: 1, active: true });
  });

  it('is made once for a view, whatever view-changes come meanwhile', () => {
    const bench = new Bench(1, 'pbft');
    for (const replica of [2, 3, 0]) bench.receive(viewChange(replica, BEGINNING, []));
    bench.receive(viewChange(1, BEGINNING, []), 'self');
    expect(bench.sent('new-view')).toHaveLength(1);
  });
});
