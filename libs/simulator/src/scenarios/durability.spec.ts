/**
 * Scenarios 55 to 62: replicas that are killed, restarted, stopped for minutes or left without a
 * disk contradict nothing that they said. What damaged stores do is tested in libs/storage (56,
 * 57).
 */

import type { ReplicaId } from '@ccro/consensus';
import type { FaultKind } from '@ccro/faults';
import { describe, expect, it } from 'vitest';
import { CLUSTERS, Scene } from './scene.testkit.js';

const UNDISTURBED_MS = 50;
const REMINDED_MS = 1_000;
const REPLACED_MS = 3_000;
/** Virtual milliseconds that a killed process needs to be back. */
const RESTART_MS = 30;
/** Writes take long enough to be under way when the power goes. */
const DISK = { minMs: 0.2, maxMs: 3 } as const;
const SHORT = { checkpointInterval: 2, windowSlots: 8, maxBatchRequests: 1 } as const;
/** Many seeds of whole clusters: more than the default on a machine that is busy. */
const TIMEOUT_MS = 60_000;

type When = 'before' | 'after';

interface Kill {
  readonly replica: ReplicaId;
  /** Which of its messages, counted from 1; 0: none. */
  readonly send: number;
  readonly when: When;
}

/** Runs a small load. @returns how many messages the replica sent, with everything checked */
async function runWithKill(
  mode: 'pbft' | 'ccro',
  { replica, send, when }: Kill,
  faulty: ReadonlyMap<ReplicaId, FaultKind> = new Map(),
): Promise<number> {
  const scene = new Scene({ mode, n: 4, tuning: SHORT, disk: DISK, faulty });
  let sent = 0;
  let killed = false;
  scene.loses = ({ from }) => from === replica && when === 'before' && sent + 1 === send;
  scene.hears = ({ from }) => {
    if (from !== replica) return;
    sent += 1;
    if (sent !== send) return;
    killed = true;
    scene.node(replica).crash();
    scene.cluster.time.schedule(RESTART_MS, () => scene.node(replica).restart());
  };
  await scene.cluster.start();
  await scene.decide(['a', 'b'], 6 * REPLACED_MS);
  const inLoad = sent;
  await scene.pass(RESTART_MS);
  await scene.expectDecidedRight(30_000);
  expect({ send, killed }).toEqual({ send, killed: send > 0 });
  return inLoad;
}

/** Kills the replica before and after each message that it sends. */
async function killAroundEverySend(
  mode: 'pbft' | 'ccro',
  replica: ReplicaId,
  faulty?: ReadonlyMap<ReplicaId, FaultKind>,
): Promise<void> {
  const sends = await runWithKill(mode, { replica, send: 0, when: 'after' }, faulty);
  expect(sends).toBeGreaterThan(4);
  for (let send = 1; send <= sends; send += 1) {
    for (const when of ['before', 'after'] as const) {
      await runWithKill(mode, { replica, send, when }, faulty);
    }
  }
}

describe.each(['pbft', 'ccro'] as const)('killed around every send: %s, n = 4', (mode) => {
  it.each([
    ['the primary', 0],
    ['the collector', 2],
    ['a backup', 3],
  ])(
    '55: kill around every send, %s: no vote is contradicted, nothing lost, all decided',
    (_, replica) => killAroundEverySend(mode, replica),
    TIMEOUT_MS,
  );

  it(
    '55: kill around every send, the primary of the next view: the same',
    () => killAroundEverySend(mode, 1, new Map([[0, 'offline']])),
    TIMEOUT_MS,
  );
});

describe.each(CLUSTERS)('durability: $mode, n = $n', ({ mode, n }) => {
  const roles = { primary: 0, collector: Math.floor(n / 2), backup: n - 1 } as const;
  const eachRole = ['primary', 'collector', 'backup'] as const;

  it.each(eachRole)(
    '56: store truncated to nothing, of the %s: it is one of f, and gets level again',
    async (role) => {
      const lost = roles[role];
      const scene = await Scene.of({ mode, n, tuning: SHORT, disk: DISK, faulty: [lost] });
      await scene.decide(['a', 'b', 'c'], REMINDED_MS);
      scene.cluster.submit('d', 'e');
      await scene.pass(2);
      scene.node(lost).wipe();
      expect(scene.node(lost).status().lastExecuted).toBe(0);
      await scene.untilDecided(3 * REPLACED_MS);
      await scene.decide(['f'], 2 * REPLACED_MS);
      await scene.expectDecidedRight();
      await scene.expectSameState(lost);
    },
  );

  it.each([false, true])(
    '56, sibling: also where the view stands on what it said before, and the others restarted: %s',
    async (restarted) => {
      const lost = n - 1;
      const scene = await Scene.of({ mode, n, tuning: SHORT, faulty: [lost] });
      await scene.decide(['a'], UNDISTURBED_MS);
      // A quorum is left.
      const down = [scene.primary, ...scene.first(n - scene.quorum - 1, scene.primary, 1, lost)];
      for (const id of down) scene.node(id).crash();
      await scene.decide(['b', 'c'], 2 * REPLACED_MS);
      const { view } = scene.node(1).status();
      const begun = scene.said.find(({ message }) => message.kind === 'new-view')?.message;
      expect(begun).toMatchObject({
        view,
        viewChanges: expect.arrayContaining([
          expect.objectContaining({ replica: lost }),
        ]) as unknown,
      });
      for (const id of down) scene.node(id).restart();
      if (restarted) for (const id of scene.first(n - 1)) scene.node(id).restart();
      await scene.decide(['d', 'e', 'f', 'g'], REPLACED_MS);
      scene.node(lost).wipe();
      const isInView = (): boolean => {
        const status = scene.node(lost).status();
        return status.view === view && status.active && status.lastExecuted > 0;
      };
      await scene.until('it is in the view', isInView, REMINDED_MS);
      await scene.decide(['h'], REMINDED_MS);
      await scene.expectSameState(lost);
      expect(scene.node(1).status().view).toBe(view);
    },
  );

  it.each(eachRole)(
    '58: disk full, of the %s: it stops before it says what it cannot keep, and comes back',
    async (role) => {
      const full = roles[role];
      const scene = await Scene.of({ mode, n, tuning: SHORT, faulty: [full] });
      await scene.decide(['a', 'b'], UNDISTURBED_MS);
      await scene.untilLevel(2);
      scene.node(full).setDiskFull(true);
      const before = scene.said.length;
      await scene.decide(['c', 'd'], 2 * REPLACED_MS);
      await scene.until('it stopped', () => scene.node(full).stopped, REPLACED_MS);
      const said = scene.said.slice(before).filter(({ from }) => from === full);
      // Votes and replies would have to be kept first; what was said before may be said again.
      const free = new Set(['status', 'certificate', 'fetch', 'decision', 'request']);
      expect(said.filter(({ message }) => !free.has(message.kind))).toEqual([]);
      scene.node(full).setDiskFull(false);
      scene.node(full).restart();
      await scene.decide(['e'], REPLACED_MS);
      await scene.expectDecidedRight();
      await scene.expectSameState(full);
    },
  );

  it('59: all replicas restart, at any time: what was answered is there, the rest is decided', async () => {
    for (const seed of [1, 2, 3]) {
      const scene = await Scene.of({ mode, n, seed, tuning: SHORT, disk: DISK });
      scene.cluster.submit('a', 'b', 'c', 'd', 'e');
      for (const waitMs of [3 + seed, 5, 12]) {
        await scene.pass(waitMs);
        const answered = scene.outcomes.map(({ sequence }) => sequence);
        for (const node of scene.honest) node.crash();
        await scene.pass(RESTART_MS);
        for (const node of scene.honest) node.restart();
        scene.expectSound();
        const reached = scene.honest.map((node) => node.status().lastExecuted);
        const holders = reached.filter((last) => last >= Math.max(0, ...answered));
        expect(holders.length).toBeGreaterThanOrEqual(scene.f + 1);
      }
      await scene.untilDecided(4 * REPLACED_MS);
      await scene.expectDecidedRight();
      expect(scene.cluster.checkers.starts).toBe(4 * n);
    }
  });

  it('60: two processes with one id: convicted by what both signed, and one of f', async () => {
    const twice = n - 1;
    const scene = await Scene.of({ mode, n, faulty: [twice] });
    const twin = scene.as(twice);
    scene.hears = ({ from, message }) => {
      if (from !== twice || message.kind !== 'vote' || message.digest.startsWith('dd')) return;
      const { kind, phase, view, sequence, replica } = message;
      twin.say({ kind, phase, view, sequence, replica, digest: 'd'.repeat(64), attempt: 0 });
    };
    await scene.decide(['a', 'b', 'c'], REMINDED_MS);
    await scene.pass(100);
    await scene.expectDecidedRight();
    expect(scene.accused('conflicting-votes')).toEqual([twice]);
    for (const { sequence, batch } of scene.outcomes) expect(batch).toBe(scene.proposed(sequence));
  });

  it.each(['view-change', 'new-view'] as const)(
    '61: restart of all during a view change, at the first %s: the view begins, or the next',
    async (kind) => {
      const faulty = new Map<ReplicaId, FaultKind>([[0, 'offline']]);
      const scene = await Scene.of({ mode, n, disk: DISK, faulty });
      let struck = false;
      scene.hears = ({ message }) => {
        if (message.kind !== kind || struck) return;
        struck = true;
        const { time } = scene.cluster;
        time.schedule(0.1, () => scene.honest.forEach((node) => node.crash()));
        time.schedule(RESTART_MS, () => scene.honest.forEach((node) => node.restart()));
      };
      scene.cluster.submit('a', 'b');
      await scene.until('killed', () => struck, REPLACED_MS);
      await scene.untilDecided(6 * REPLACED_MS);
      await scene.expectDecidedRight(30_000);
      expect(scene.cluster.checkers.starts).toBe(2 * scene.honest.length);
      expect(Math.min(...scene.views)).toBeGreaterThanOrEqual(1);
    },
  );

  it.each(eachRole)(
    '62: SIGSTOP for minutes, then back, of the %s: level, and in the view of the others',
    async (role) => {
      const stopped = roles[role];
      const scene = await Scene.of({ mode, n, tuning: SHORT });
      await scene.decide(['a'], UNDISTURBED_MS);
      await scene.untilLevel(1);
      scene.node(stopped).freeze();
      for (let minute = 0; minute < 2; minute += 1) {
        for (let index = 0; index < 6; index += 1) {
          await scene.decide([`${minute}/${index}`], REPLACED_MS);
        }
        await scene.pass(60_000);
      }
      const others = scene.honest.filter(({ id }) => id !== stopped);
      const view = role === 'primary' ? 1 : 0;
      expect(new Set(others.map((node) => node.status().view))).toEqual(new Set([view]));
      expect(scene.node(stopped).status().lastExecuted).toBe(1);
      scene.node(stopped).thaw();
      await scene.untilLevel(13, 2_000);
      await scene.decide(['after'], REMINDED_MS);
      await scene.expectDecidedRight();
      expect(scene.views).toEqual([view]);
    },
  );
});
