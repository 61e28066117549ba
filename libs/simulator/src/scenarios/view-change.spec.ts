/**
 * Scenarios 30 to 44: what was decided, or may have been, survives the change of views, and liars
 * neither bring one about nor prevent it. 31 is in `fast-path.spec.ts`.
 */

import type {
  Certificate,
  Digest,
  RejectCode,
  ReplicaId,
  StableCheckpoint,
  ViewChange,
} from '@ccro/consensus';
import type { FaultKind } from '@ccro/faults';
import { putOperation } from '@ccro/state-machine';
import { json } from '@ccro/wire';
import { describe, expect, it } from 'vitest';
import { CLUSTERS, Scene, type Passage, type Said } from './scene.testkit.js';

/** A view's time, and what a client waits before it tells all of its request. */
const REPLACED_MS = 3_000;
const UNDISTURBED_MS = 50;
/** With a dead collector, or votes that came too early, somebody has to ask again. */
const REMINDED_MS = 1_000;
const DIGEST = 'd'.repeat(64);
/** A checkpoint every four slots, one request in each. */
const SHORT = { checkpointInterval: 4, windowSlots: 8, maxBatchRequests: 1 } as const;

const isCommitOfViewZero = ({ message }: Passage): boolean =>
  message?.kind === 'vote' && message.phase === 'commit' && message.view === 0;

const isViewChange = ({ message }: Pick<Said, 'message'>): boolean =>
  message.kind === 'view-change' || message.kind === 'new-view';

/** Whether `message` is a vote or certificate for preparing. */
function prepares({ message }: Passage): boolean {
  const votes = message?.kind === 'vote' || message?.kind === 'certificate';
  return votes && message.phase === 'prepare';
}

describe.each(CLUSTERS)('changing views: $mode, n = $n', ({ mode, n }) => {
  /**
   * Has slot 1 committed at one replica, of which the others hear no more, and prepared at all.
   *
   * @returns that replica
   */
  async function committedAtOne(scene: Scene): Promise<ReplicaId> {
    const one = mode === 'pbft' ? n - 1 : scene.collector;
    scene.loses = (passage) =>
      (isCommitOfViewZero(passage) && passage.to !== one) ||
      (passage.from === one && typeof passage.to === 'number' && !prepares(passage));
    scene.cluster.submit('a');
    const executed = (): number[] =>
      scene.honest.filter((node) => node.status().lastExecuted === 1).map(({ id }) => id);
    await scene.until('executed at one', () => executed().length > 0, 1_000);
    await scene.pass(1_000);
    expect(executed()).toEqual([one]);
    const voters = scene.honestVotes.filter(({ phase }) => phase === 'commit');
    // The collector's own vote is on no network.
    const visible = scene.honest.length - (mode === 'pbft' ? 0 : 1);
    expect(new Set(voters.map(({ replica }) => replica)).size).toBe(visible);
    return one;
  }

  /** The next view carries slot 1 over, without a word from who decided it; then all are level. */
  async function expectSurvives(scene: Scene, one: ReplicaId): Promise<void> {
    const decided = scene.proposed(1);
    const others = scene.honest.filter(({ id }) => id !== one);
    const changed = (): boolean =>
      others.some((node) => node.status().view === 1 && node.status().active);
    await scene.until('the next view', changed, REPLACED_MS);
    const newView = scene.said.find(({ message }) => message.kind === 'new-view')?.message;
    expect(newView).toMatchObject({ view: 1, reproposals: [{ sequence: 1, digest: decided }] });
    expect(newView).not.toMatchObject({
      viewChanges: expect.arrayContaining([expect.objectContaining({ replica: one })]) as unknown,
    });
    scene.loses = () => false;
    await scene.untilDecided(REPLACED_MS);
    expect(scene.outcomes).toMatchObject([{ sequence: 1, batch: decided }]);
    await scene.decide(['b'], REPLACED_MS);
    await scene.expectDecidedRight();
  }

  it('30: committed at one replica, others prepared: survives', async () => {
    const scene = await Scene.of({ mode, n });
    await expectSurvives(scene, await committedAtOne(scene));
    expect(scene.viewsAskedFor).toEqual([1]);
  });

  it('33: view-change hides a prepared certificate: it survives in the others', async () => {
    const liars = n === 4 ? [0] : [0, 5];
    const faulty = new Map(liars.map((id) => [id, 'false-view-change' as FaultKind]));
    const scene = await Scene.of({ mode, n, faulty });
    await expectSurvives(scene, await committedAtOne(scene));
    const hidden = scene.said.filter(
      ({ from, message }) =>
        message.kind === 'view-change' &&
        liars.includes(Number(from)) &&
        message.slots.length === 0,
    );
    expect(hidden.length).toBeGreaterThanOrEqual(liars.length);
  });

  it('34: new-view with forged view-changes: not entered, the next view is', async () => {
    const scene = await Scene.of({ mode, n, faulty: [1] });
    scene.loses = ({ message }) =>
      message?.kind === 'pre-prepare' && scene.cluster.time.now() < 2_000;
    const made = new Map<Digest, Uint8Array>();
    // Who looks for them is given them.
    scene.hears = ({ message }) => {
      const wanted = message.kind === 'fetch' ? made.get(message.digest) : undefined;
      if (wanted !== undefined) scene.publish(1, 'all', wanted);
    };
    scene.corrupt(1, (send) => {
      const { message } = send;
      if (message.kind === 'pre-prepare') return [];
      if (message.kind !== 'new-view' || message.replica !== 1) return [send];
      const { view, kind, replica } = message;
      const forged = scene.first(scene.quorum, 1).map((id) => {
        const own = { kind: 'view-change', view, slots: [], replica: 1 } as const;
        const stable = { sequence: 0, digest: DIGEST, certificate: null };
        const signed = scene.as(1).sign({ ...own, stable });
        const payload = json.encode({ ...signed, replica: id });
        scene.publish(1, 'all', payload);
        const { message } = json.decode(payload, scene.cluster.facts.cluster);
        const { digest } = message as ViewChange;
        made.set(digest, payload);
        return { replica: id, digest };
      });
      const nothing = { viewChanges: forged, reproposals: [] };
      return [{ ...send, message: { kind, view, replica, ...nothing } }];
    });
    await scene.decide(['a'], 5 * REPLACED_MS);
    await scene.expectDecidedRight();
    expect(Math.min(...scene.refusals('bad-signature'))).toBeGreaterThan(0);
    expect(scene.views).toEqual([2]);
    expect(scene.outcomes).toMatchObject([{ view: 2 }]);
    expect(scene.honestVotes.filter(({ view }) => view === 1)).toEqual([]);
  });

  it('35: new-view drops a prepared slot: refused by everyone, the slot kept', async () => {
    const scene = await Scene.of({ mode, n, faulty: new Map([[1, 'false-view-change']]) });
    scene.loses = isCommitOfViewZero;
    await scene.decide(['a'], 5 * REPLACED_MS);
    await scene.expectDecidedRight();
    expect(Math.min(...scene.refusals('wrong-new-view'))).toBeGreaterThan(0);
    expect(scene.outcomes).toMatchObject([{ sequence: 1, batch: scene.proposed(1, 0), view: 2 }]);
    expect(scene.honestVotes.filter(({ view }) => view === 1)).toEqual([]);
  });

  it('36: stale view-change or new-view replayed: nothing comes of it', async () => {
    const bad = n === 4 ? [0] : [0, 1];
    const scene = await Scene.of({ mode, n, faulty: bad });
    for (const id of bad) {
      await scene.decide([`before ${id}`], REPLACED_MS);
      scene.node(id).setFault('offline');
    }
    await scene.decide(['after'], 2 * REPLACED_MS);
    await scene.untilLevel(bad.length + 1);
    const before = scene.honest.map((node) => node.status());
    const stale = scene.said.filter(isViewChange);
    expect(stale.length).toBeGreaterThan(scene.quorum);
    for (const { payload } of stale) scene.publish('outsider', 'all', payload);
    await scene.pass(200);
    expect(scene.honest.map((node) => node.status())).toEqual(before);
    await scene.decide(['again'], REMINDED_MS);
    await scene.expectDecidedRight();
    expect(scene.views).toEqual([bad.length]);
    expect(scene.viewsAskedFor).toEqual(bad.map((id) => id + 1));
  });

  it('37: f Byzantine view-changes alone do not move the view', async () => {
    const scene = await Scene.of({
      mode,
      n,
      faulty: [...Array(n === 4 ? 1 : 2).keys()].map((i) => i + 1),
    });
    const liars = scene.cluster.nodes.filter((node) => !scene.honest.includes(node));
    expect(liars).toHaveLength(scene.f);
    const stable = { sequence: 0, digest: DIGEST, certificate: null };
    for (const view of [1, 2, 9, 1]) {
      for (const { id } of liars) {
        scene.as(id).say({ kind: 'view-change', view, stable, slots: [], replica: id });
      }
      await scene.decide([`at ${view}`], UNDISTURBED_MS);
    }
    await scene.pass(5_000);
    await scene.expectDecidedRight();
    expect(scene.views).toEqual([0]);
    expect(scene.viewsAskedFor).toEqual([]);
  });

  it('38: f + 1 join: who heard of no request changes views with them', async () => {
    const scene = await Scene.of({ mode, n, faulty: new Map([[0, 'offline']]) });
    const told = scene.first(scene.f + 1, 0);
    const others = scene.first(n, 0, ...told);
    scene.loses = ({ message, to }) => message?.kind === 'request' && others.includes(Number(to));
    await scene.decide(['a'], REPLACED_MS);
    const saying = (kind: string): Set<number> =>
      new Set(
        scene.said.filter(({ message }) => message.kind === kind).map(({ from }) => Number(from)),
      );
    expect(saying('suspicion')).toEqual(new Set(told));
    expect(saying('view-change')).toEqual(new Set([...told, ...others]));
    await scene.expectDecidedRight();
    expect(scene.views).toEqual([1]);
  });

  it('40: during a checkpoint: one replica knows that it is stable, and so do all in the new view', async () => {
    // No more are honest than a quorum, so that the new view stands on what the one says.
    const faulty = n === 4 ? [0] : [0, n - 1];
    const scene = await Scene.of({ mode, n, tuning: SHORT, faulty });
    const gatherer = (1 + Math.floor(n / 2)) % n;
    scene.loses = ({ message, from, to }) => {
      const checkpoints =
        (message?.kind === 'vote' || message?.kind === 'certificate') &&
        message.phase === 'checkpoint';
      return checkpoints && (from === gatherer || to !== gatherer);
    };
    for (let slot = 1; slot <= 5; slot += 1) await scene.decide([`${slot}`], UNDISTURBED_MS);
    await scene.untilLevel(5);
    const stable = (): number[] => scene.honest.map((node) => node.status().stableCheckpoint);
    expect(stable()).toEqual(scene.honest.map(({ id }) => (id === gatherer ? 4 : 0)));
    for (const id of faulty) scene.node(id).setFault('offline');
    await scene.decide(['after'], REPLACED_MS);
    await scene.untilLevel(6);
    expect(stable()).toEqual(scene.honest.map(() => 4));
    scene.loses = () => false;
    for (let slot = 7; slot <= 8; slot += 1) await scene.decide([`${slot}`], UNDISTURBED_MS);
    await scene.until('the next one stable', () => stable().every((at) => at === 8), 2_000);
    await scene.expectDecidedRight();
    expect(scene.views).toEqual([1]);
  });

  it('41: during state transfer: the lagging replica takes part in it, and gets level', async () => {
    const scene = await Scene.of({ mode, n, tuning: SHORT, faulty: [0] });
    const lagging = n - 1;
    await scene.pass(5);
    scene.loses = ({ from, to }) => from === lagging || to === lagging;
    for (let slot = 1; slot <= 24; slot += 1) {
      scene.cluster.submitOperation('gateway', putOperation(`key ${slot}`, slot));
      await scene.untilDecided(500);
    }
    scene.loses = ({ message, to }) => message?.kind === 'chunk-part' && to === lagging;
    const fetches = (): boolean => scene.saidByHonest('fetch-chunk').length > 0;
    await scene.until('fetches the state', fetches, 10_000);
    scene.node(0).setFault('offline');
    scene.cluster.submit('under way');
    await scene.until('the next view', () => scene.views.join() === '1', 2 * REPLACED_MS);
    expect(scene.node(lagging).status().lastExecuted).toBeLessThan(24);
    expect(scene.saidByHonest('view-change').some(({ replica }) => replica === lagging)).toBe(true);
    scene.loses = () => false;
    await scene.untilDecided(REPLACED_MS);
    await scene.expectDecidedRight(20_000);
    expect(scene.cluster.checkers.transfers).toBeGreaterThanOrEqual(1);
    expect(scene.outcomes.at(-1)).toMatchObject({ sequence: 25, view: 1 });
  });

  it('42: all view-changes lost, then heal: the view asked for begins, and none after it', async () => {
    const scene = await Scene.of({ mode, n, faulty: new Map([[0, 'offline']]) });
    scene.loses = ({ message }) => message?.kind === 'view-change';
    scene.cluster.submit('a');
    await scene.pass(15_000);
    expect(scene.outcomes).toEqual([]);
    expect(scene.viewsAskedFor).toEqual([1]);
    scene.loses = () => false;
    await scene.untilDecided(1_000);
    await scene.expectDecidedRight();
    expect(scene.views).toEqual([1]);
    expect(scene.viewsAskedFor).toEqual([1]);
  });

  /** The certificate of the checkpoint at 4, made of votes that were on the network. */
  function certificateOf(
    scene: Scene,
    change: Partial<Certificate<'checkpoint'>>,
    size = scene.quorum,
  ) {
    const votes = scene.said
      .map(({ message }) => message)
      .filter((message) => message.kind === 'vote')
      .filter(({ phase, sequence }) => phase === 'checkpoint' && sequence === 4);
    const [first] = votes;
    if (first === undefined) throw new Error('nobody voted on the checkpoint at 4');
    const bySigner = new Map(votes.map(({ replica, signature }) => [replica, signature]));
    const chosen = [...bySigner].sort(([a], [b]) => a - b).slice(0, size);
    const proof = {
      scheme: 'ed25519',
      signers: chosen.map(([signer]) => signer),
      signatures: chosen.map(([, signature]) => signature),
    };
    const { view, sequence, digest } = first;
    const subject = { kind: 'certificate', phase: 'checkpoint', view, sequence, digest } as const;
    return { ...subject, proof, ...change };
  }

  const falseCheckpoints: [string, RejectCode, (scene: Scene) => StableCheckpoint][] = [
    [
      'without a certificate',
      'malformed-view-change',
      () => ({ sequence: 8, digest: DIGEST, certificate: null }),
    ],
    [
      'with that of another one',
      'malformed-view-change',
      (scene) => ({ sequence: 8, digest: DIGEST, certificate: certificateOf(scene, {}) }),
    ],
    [
      'with signatures of another one',
      'certificate-bad-signature',
      (scene) => {
        const certificate = certificateOf(scene, { sequence: 8, digest: DIGEST });
        return { sequence: 8, digest: DIGEST, certificate };
      },
    ],
    [
      'with fewer than a quorum',
      'certificate-below-quorum',
      (scene) => {
        const certificate = certificateOf(scene, {}, scene.quorum - 1);
        return { sequence: 4, digest: certificate.digest, certificate };
      },
    ],
  ];
  it.each(falseCheckpoints)(
    '43: false stable checkpoint %s: refused as %s, what was under way kept',
    async (_, code, stable) => {
      const scene = await Scene.of({ mode, n, tuning: SHORT, faulty: [0] });
      for (let slot = 1; slot <= 4; slot += 1) await scene.decide([`${slot}`], UNDISTURBED_MS);
      await scene.untilLevel(4);
      await scene.pass(50);
      scene.loses = (passage) =>
        isCommitOfViewZero(passage) &&
        passage.message?.kind === 'vote' &&
        passage.message.sequence === 5;
      scene.cluster.submit('under way');
      const prepared = (): boolean =>
        scene.honestVotes.filter(({ phase, sequence }) => phase === 'commit' && sequence === 5)
          .length >= scene.quorum;
      await scene.until('prepared at 5', prepared, 1_000);
      scene.node(0).setFault('offline');
      let said = 0;
      scene.hears = ({ from, to, message }) => {
        const isAsked = message.kind === 'fetch' && to === 0;
        if (!isAsked && (message.kind !== 'view-change' || from === 0 || said > 3)) return;
        said += 1;
        const view = 1;
        scene
          .as(0)
          .say({ kind: 'view-change', view, stable: stable(scene), slots: [], replica: 0 });
      };
      await scene.untilDecided(REPLACED_MS);
      await scene.expectDecidedRight();
      // Signatures in it are looked at by who needs them: the new primary.
      const refusals = scene.refusals(code);
      const refuses = code === 'certificate-bad-signature' ? Math.max : Math.min;
      expect(refuses(...refusals)).toBeGreaterThan(0);
      const referred = scene.saidByHonest('new-view').flatMap(({ viewChanges }) => viewChanges);
      expect(referred.filter(({ replica }) => replica === 0)).toEqual([]);
      expect(scene.outcomes.at(-1)).toMatchObject({ sequence: 5, batch: scene.proposed(5, 0) });
      expect(scene.views).toEqual([1]);
    },
  );

  it('44: view-number explosion: nobody follows, and the next view is the next one', async () => {
    const liars = n === 4 ? [0] : [0, 5];
    const faulty = new Map(liars.map((id) => [id, 'offline' as FaultKind]));
    const scene = await Scene.of({ mode, n, faulty });
    const explode = (): void => {
      for (const replica of liars) {
        const liar = scene.as(replica);
        for (const high of [n, 2 ** 40, Number.MAX_SAFE_INTEGER - 2 * n]) {
          // A view whose primary it is.
          const view = high - (high % n) + replica;
          const stable = { sequence: 0, digest: DIGEST, certificate: null };
          const viewChanges = scene
            .first(scene.quorum)
            .map((id) => ({ replica: id, digest: DIGEST }));
          const slot = { view, sequence: 1, digest: DIGEST, replica } as const;
          liar.say({ kind: 'view-change', view, stable, slots: [], replica });
          liar.say({ kind: 'new-view', view, viewChanges, reproposals: [], replica });
          liar.say({ kind: 'vote', phase: 'prepare', attempt: 1, ...slot });
          liar.say({
            kind: 'status',
            replica,
            view,
            lastExecuted: 2 ** 40,
            attempt: 0,
            asks: true,
            ...scene.told,
          });
        }
      }
    };
    explode();
    scene.cluster.submit('a');
    for (const again of [1_000, 2_000, 2_600]) scene.cluster.time.schedule(again, explode);
    await scene.untilDecided(REPLACED_MS + REMINDED_MS);
    explode();
    await scene.pass(5_000);
    await scene.decide(['b'], 500);
    await scene.expectDecidedRight();
    expect(scene.views).toEqual([1]);
    expect(scene.viewsAskedFor).toEqual([1]);
  });
});

describe.each(CLUSTERS.filter(({ n }) => n === 7))('changing views: $mode, n = $n', (cluster) => {
  const pairs = (['offline', 'fabricate'] as const).flatMap((first) =>
    (['begins no view', 'begins its view and is silent'] as const).map(
      (second) => [first, second] as const,
    ),
  );
  it.each(pairs)(
    '39: two bad primaries in a row, one %s, the other %s: decided by the third',
    async (first, second) => {
      const faulty = new Map<ReplicaId, FaultKind>([
        [0, first],
        [1, 'delay'],
      ]);
      const scene = await Scene.of({ ...cluster, faulty });
      scene.corrupt(1, (send) => {
        const { kind } = send.message;
        const begins = second === 'begins its view and is silent' && kind === 'new-view';
        return begins || kind === 'view-change' ? [send] : [];
      });
      await scene.decide(['a', 'b'], 4 * REPLACED_MS);
      await scene.expectDecidedRight();
      expect(scene.outcomes.map(({ view }) => view)).toEqual([2, 2]);
      expect(scene.views).toEqual([2]);
      expect(scene.viewsAskedFor).toEqual([1, 2]);
    },
  );
});
