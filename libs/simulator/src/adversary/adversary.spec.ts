import { developmentKey } from '@ccro/cluster-config';
import {
  clusterSize,
  isSlotVote,
  type Verified,
  type ViewChange,
  type Vote,
} from '@ccro/consensus';
import { createDigests, createVerification, isRejected, MessageSigner } from '@ccro/crypto';
import { json, type WireMessage } from '@ccro/wire';
import { describe, expect, it } from 'vitest';
import { Random } from '../random.js';
import { rememberSignatures } from '../remember-signatures.js';
import { drawSchedule } from '../schedule/draw-schedule.js';
import { runSchedule } from '../schedule/run-schedule.js';
import type { Schedule } from '../schedule/schedule.js';
import { SimulatedCluster } from '../simulated-cluster.js';
import { replicaOfConnection } from '../trace/names.js';
import { Trace } from '../trace/trace.js';
import { IsolatedDecision } from './isolated-decision.js';
import { Holdings } from './holdings.js';
import { chooseNewView } from './new-view-choice.js';
import { drawViewChange } from './own-view-change.js';

rememberSignatures();

const CLUSTER = 'simulated';
const nullBatch = createDigests().batch([]);

type Kind<K extends WireMessage['kind']> = Extract<WireMessage, { kind: K }>;

/** A run with an adversary in it, and what its replicas said. */
interface Observed {
  readonly schedule: Schedule;
  readonly said: readonly WireMessage[];
  readonly violations: readonly string[];
}

/** Runs of the first seeds that have an adversary, in which views change. */
async function observe(count: number): Promise<Observed[]> {
  const runs: Observed[] = [];
  for (let seed = 1; runs.length < count; seed += 1) {
    const schedule = drawSchedule(seed, { nodes: [4], signatures: ['ed25519'] });
    const byzantine = new Set(
      [...schedule.faulty].filter(([, kind]) => kind === 'byzantine').map(([id]) => id),
    );
    if (byzantine.size === 0 || schedule.isolations.length === 0) continue;
    const said: WireMessage[] = [];
    const { violations } = await runSchedule(schedule, {
      add: (event) => {
        if (event.kind !== 'published' || event.message === undefined) return;
        const from = replicaOfConnection(event.published.from);
        if (from !== undefined && byzantine.has(from)) said.push(event.message);
      },
    });
    runs.push({ schedule, said, violations: violations.map(({ message }) => message) });
  }
  return runs;
}

type Checked = Kind<'new-view' | 'view-change' | 'vote' | 'status'>;

function isChecked(message: WireMessage): message is Checked {
  return ['new-view', 'view-change', 'vote', 'status'].includes(message.kind);
}

function ofKind<K extends WireMessage['kind']>({ said }: Observed, kind: K): Kind<K>[] {
  return said.filter((message): message is Kind<K> => message.kind === kind);
}

function groups<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const byKey = new Map<string, T[]>();
  for (const item of items) byKey.set(keyOf(item), [...(byKey.get(keyOf(item)) ?? []), item]);
  return [...byKey.values()];
}

describe('an adversary', () => {
  const runs = observe(12);

  it(
    'does all that it can choose to do, and nothing comes of it',
    { timeout: 120_000 },
    async () => {
      const seen = {
        otherViews: 0,
        tooFew: 0,
        versions: 0,
        collectors: 0,
        batches: 0,
        bothVotes: 0,
      };
      for (const run of await runs) {
        expect(run.violations).toEqual([]);
        const { quorum } = clusterSize(run.schedule.nodes);
        const asked = new Map(ofKind(run, 'view-change').map((each) => [each.digest, each]));
        for (const { view, viewChanges } of ofKind(run, 'new-view')) {
          const named = viewChanges.flatMap(({ digest }) => asked.get(digest) ?? []);
          seen.otherViews += named.some((each) => each.view !== view) ? 1 : 0;
          seen.tooFew += viewChanges.length < quorum ? 1 : 0;
        }
        const perView = groups([...asked.values()], ({ replica, view }) => `${replica}:${view}`);
        seen.versions += perView.filter((each) => each.length > 1).length;
        const slots = groups(
          ofKind(run, 'pre-prepare'),
          ({ view, sequence }) => `${view}:${sequence}`,
        );
        for (const proposals of slots) {
          seen.collectors += new Set(proposals.map(({ collector }) => collector)).size > 1 ? 1 : 0;
          seen.batches += new Set(proposals.map(({ digest }) => digest)).size > 1 ? 1 : 0;
        }
        const votes = groups(
          ofKind(run, 'vote').filter((vote) => isSlotVote(vote as Verified<Vote>)),
          ({ replica, phase, view, sequence }) => `${replica}:${phase}:${view}:${sequence}`,
        );
        for (const cast of votes) {
          seen.bothVotes += new Set(cast.map(({ digest }) => digest)).size > 1 ? 1 : 0;
        }
      }
      for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
    },
  );

  it('forges nobody’s word: what it says holds, whoever it is of', async () => {
    for (const { schedule, said, violations } of await runs) {
      expect(violations).toEqual([]);
      const cluster = new SimulatedCluster(schedule);
      const { verifier } = createVerification(cluster.facts);
      for (const message of said) {
        if (!isChecked(message)) continue;
        // Too few view-changes are refused before the signature is looked at.
        const verdict = verifier.verify(message);
        if (verdict === 'malformed-view-change') continue;
        expect(isRejected(verdict) ? verdict : 'holds').toBe('holds');
      }
    }
  });

  it('does the same again from the same seed', { timeout: 60_000 }, async () => {
    const [first] = await runs;
    if (first === undefined) throw new Error('there is one');
    const hashes = new Set<string>();
    for (let time = 0; time < 2; time += 1) {
      const trace = new Trace();
      await runSchedule(first.schedule, trace);
      hashes.add(trace.hash);
    }
    expect(hashes.size).toBe(1);
  });
});

/** Four replicas of which replica 2 is byzantine, and what was said until view 1 decided a slot. */
async function heldAfterOneViewChange(): Promise<Holdings> {
  const cluster = new SimulatedCluster({ seed: 1, mode: 'pbft', nodes: 4 });
  const { scheme } = createVerification(cluster.facts);
  const holdings = new Holdings(4, scheme);
  cluster.eavesdropper = ({ payload }) => {
    const { message } = json.decode(payload, CLUSTER);
    if (message !== undefined) holdings.learn(message);
  };
  await cluster.start();
  cluster.submit('in view 0');
  await cluster.decide(1, 5_000);
  cluster.node(0).crash();
  cluster.submit('in view 1');
  expect(await cluster.decide(2, 30_000)).toBe(true);
  expect(cluster.checkers.violations).toEqual([]);
  return holdings;
}

describe('what an adversary holds', () => {
  it('are view-changes of every view, batches, and certificates that it made of votes', async () => {
    const holdings = await heldAfterOneViewChange();
    expect(holdings.view).toBe(1);
    expect([1, 2, 3].map((id) => holdings.viewChangesOf(id).map(({ view }) => view))).toEqual([
      [1],
      [1],
      [1],
    ]);
    expect([...holdings.decided].map(([sequence, { view }]) => [sequence, view])).toEqual([
      [1, 0],
      [2, 1],
    ]);
    for (const { digest } of holdings.decided.values()) {
      expect(holdings.batch(digest)?.length).toBe(1);
    }
    const phases = holdings.certificatesAt(2).map(({ phase }) => phase);
    expect(phases.sort()).toEqual(['commit', 'prepare']);
  });

  it('makes new-views that undo what was decided, of view-changes made before it was', async () => {
    const holdings = await heldAfterOneViewChange();
    const made = holdings.viewChangesOf(2)[0];
    if (made === undefined) throw new Error('replica 2 asked for view 1');
    const version = (): ViewChange => made;
    const chosen = Array.from({ length: 40 }, (_, seed) =>
      chooseNewView(holdings, new Random(seed), {
        view: 2,
        size: clusterSize(4),
        nullBatch,
        own: [],
        version,
      }),
    ).filter((each) => each !== undefined);
    const harmful = chosen.filter(
      ({ viewChanges, reproposals }) =>
        viewChanges.length === 3 && reproposals.every(({ sequence }) => sequence < 2),
    );
    expect(harmful.length).toBeGreaterThan(0);
    for (const { referred } of chosen) {
      const signers = referred.map(({ replica }) => replica);
      expect(signers).toEqual([...new Set(signers)].sort((a, b) => a - b));
    }
  });

  it('lets it ask for a view in many ways, all of which pass for a view-change', async () => {
    const holdings = await heldAfterOneViewChange();
    const cluster = new SimulatedCluster({ seed: 1, mode: 'pbft', nodes: 4 });
    const { verifier } = createVerification(cluster.facts);
    const asking = { view: 2, replica: 2, windowSlots: 8, nullBatch };
    const drawn = Array.from({ length: 60 }, (_, seed) =>
      drawViewChange(holdings, new Random(seed), asking),
    );
    expect(new Set(drawn.map((each) => JSON.stringify(each))).size).toBeGreaterThan(10);
    expect(drawn.some(({ slots }) => slots.length === 0)).toBe(true);
    expect(drawn.some(({ slots }) => slots.some(({ certificate }) => certificate !== null))).toBe(
      true,
    );
    const { secretKey } = developmentKey('node', 2);
    const signer = new MessageSigner({ cluster: CLUSTER, replica: 2, secretKey });
    for (const each of drawn) expect(isRejected(verifier.verify(signer.sign(each)))).toBe(false);
  });
});

describe('an isolated decision', () => {
  const plan = { witness: 1, fromView: 1, afterSlots: 0, lastsMs: 1_000 };
  const commit = { kind: 'vote', phase: 'commit', sequence: 9 } as Kind<'vote'>;

  it('begins in the view before its own, and ends with it or in time', async () => {
    const holdings = await heldAfterOneViewChange();
    for (const own of [0, 1, 3]) {
      expect(new IsolatedDecision(plan, new Set([own]), 4).consider(holdings, 0)).toBe(false);
    }
    const isolation = new IsolatedDecision(plan, new Set([2]), 4);
    expect(isolation.obstructs(commit, 3, 0)).toBe(false);
    expect(isolation.consider(holdings, 0)).toBe(true);
    expect(isolation.obstructs(commit, 3, 0)).toBe(true);
    expect([1, 2].map((to) => isolation.obstructs(commit, 3, to))).toEqual([false, false]);
    expect(isolation.obstructs({ ...commit, phase: 'prepare' }, 3, 0)).toBe(false);
    expect(isolation.consider(holdings, 1_001)).toBe(false);
    expect(isolation.obstructs(commit, 3, 0)).toBe(false);
  });
});
