/** Scenarios 24 to 29: what f ordinary replicas can do, which is nothing. */

import { maxFaulty, type ReplicaId } from '@ccro/consensus';
import type { FaultKind } from '@ccro/faults';
import { describe, expect, it } from 'vitest';
import { Random } from '../random.js';
import { CLUSTERS, Scene, type Said } from './scene.testkit.js';

/** A decision in which nobody has to wait for anybody. */
const UNDISTURBED_MS = 50;
/** With false votes for all to see somebody may have to ask for a true one. */
const REMINDED_MS = 500;
const DIGEST = 'd'.repeat(64);

describe.each(CLUSTERS)('f bad ordinary replicas: $mode, n = $n', ({ mode, n }) => {
  /** Neither primary nor collector, of the first few slots and their checkpoints. */
  const ordinary: readonly ReplicaId[] = n === 4 ? [1] : [1, 6];

  const all = (kind: FaultKind): ReadonlyMap<ReplicaId, FaultKind> =>
    new Map(ordinary.map((id) => [id, kind]));

  /** Decides in view 0; by default without anybody waiting. */
  async function decideUndisturbed(kind: FaultKind, limitMs = UNDISTURBED_MS): Promise<Scene> {
    expect(ordinary).toHaveLength(maxFaulty(n));
    const scene = await Scene.of({ mode, n, faulty: all(kind) });
    await scene.decide(['a', 'b', 'c'], limitMs);
    await scene.pass(100);
    await scene.expectDecidedRight();
    expect(scene.viewsAskedFor).toEqual([]);
    for (const { view } of scene.outcomes) expect(view).toBe(0);
    return scene;
  }

  it('24: offline ×f: decided without a timeout', async () => {
    const scene = await decideUndisturbed('offline');
    expect(scene.honestVotes.filter(({ attempt }) => attempt > 0)).toEqual([]);
    for (const { replies } of scene.outcomes) {
      for (const { replica } of replies) expect(ordinary).not.toContain(replica);
    }
  });

  it('25: falsify digest ×f: decided on the right one, the liars named', async () => {
    const scene = await decideUndisturbed('falsify', REMINDED_MS);
    expect(scene.accused('vote-against-decision')).toEqual(ordinary);
    expect(scene.accused('conflicting-votes')).toEqual([]);
    expect(scene.outcomes[0]?.batch).toBe(scene.proposed(scene.outcomes[0]?.sequence ?? 0));
  });

  it('26: vote twice with different digests: convicted by both, decided on the right one', async () => {
    const scene = await decideUndisturbed('double-vote', REMINDED_MS);
    expect(scene.accused('conflicting-votes')).toEqual(ordinary);
    for (const { sequence, batch } of scene.outcomes) expect(batch).toBe(scene.proposed(sequence));
  });

  it('27: lying replies ≤ f: clients believe what the honest replicas computed', async () => {
    const scene = await decideUndisturbed('false-replies');
    for (const { replies } of scene.outcomes) {
      for (const { replica, matching } of replies) {
        expect({ replica, matching }).toEqual({ replica, matching: !ordinary.includes(replica) });
      }
    }
    const lied = scene.said.filter(
      ({ from, message }) => message.kind === 'reply' && ordinary.includes(Number(from)),
    );
    expect(lied.length).toBeGreaterThanOrEqual(ordinary.length);
  });

  it('28: replay of old votes, in their view and the next: counted for nothing', async () => {
    const scene = await Scene.of({ mode, n, faulty: [0] });
    // Slot by slot: the primary has heard of the others by then.
    await scene.pass(5);
    await scene.decide(['a', 'b'], UNDISTURBED_MS);
    const isVote = ({ message }: Said): boolean =>
      message.kind === 'vote' || message.kind === 'certificate';
    const replay = (): void => {
      for (const { payload } of scene.said.filter(isVote)) {
        scene.publish('outsider', 'all', payload);
      }
    };
    replay();
    await scene.decide(['c'], UNDISTURBED_MS);
    scene.node(0).setFault('offline');
    await scene.decide(['d'], 3_000);
    await scene.untilLevel(4);
    const before = scene.honest.map((node) => node.status());
    replay();
    await scene.pass(100);
    expect(scene.honest.map((node) => node.status())).toEqual(before);
    await scene.decide(['e'], UNDISTURBED_MS);
    await scene.expectDecidedRight();
    expect(scene.outcomes.map(({ view }) => view)).toEqual([0, 0, 0, 1, 1]);
    expect(scene.accused('conflicting-votes')).toEqual([]);
    expect(scene.accused('vote-against-decision')).toEqual([]);
    expect(Math.min(...scene.refusals('duplicate'))).toBeGreaterThan(0);
  });

  it('29: flood: memory stays bounded, requests are decided, the flooder convicted', async () => {
    const tuning = { checkpointInterval: 8, windowSlots: 16 };
    const scene = await Scene.of({ mode, n, tuning, faulty: [...ordinary] });
    const random = new Random(`${n}/flood`);
    const anything = (replica: ReplicaId): void => {
      const liar = scene.as(replica);
      const view = random.pick([0, 0, 1, 7, 2 ** 40]);
      const sequence = random.pick([1, 2, 3, 9, 16, 17, 2 ** 50]);
      const digest = random.pick([DIGEST, '0'.repeat(64)]);
      const asks = random.chance(0.5);
      const attempt = random.below(3);
      const phase = random.pick(['prepare', 'commit', 'checkpoint'] as const);
      const name = { replica, sequence };
      const position = { replica, view, attempt, asks, ...scene.told };
      random.pick([
        () => liar.say({ kind: 'vote', phase, view, digest, attempt, ...name }),
        () => liar.say({ kind: 'fetch', digest, ...name }),
        () => liar.say({ kind: 'fetch-chunk', chunk: '', part: 0, ...name }),
        () => liar.say({ kind: 'status', lastExecuted: 0, ...position }),
        () => liar.say({ kind: 'status', lastExecuted: sequence, ...position }),
      ])();
    };
    const flood = (): void => {
      for (const id of ordinary) for (let count = 0; count < 4; count += 1) anything(id);
      if (scene.cluster.time.now() < 40) scene.cluster.time.schedule(1, flood);
    };
    flood();
    for (const value of ['a', 'b', 'c', 'd']) {
      await scene.decide([value], UNDISTURBED_MS);
      scene.expectSound();
    }
    await scene.pass(100);
    await scene.expectDecidedRight();
    expect(scene.said.length).toBeGreaterThan(160 * ordinary.length);
    expect(scene.accused('conflicting-votes')).toEqual(ordinary);
    expect(scene.viewsAskedFor).toEqual([]);
    for (const node of scene.honest) expect(node.status().slots).toBeLessThanOrEqual(16);
  });
});
