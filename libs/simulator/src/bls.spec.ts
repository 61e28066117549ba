/** Certificates of one BLS aggregate, in the normal case, under forged votes, and under schedules. */

import { channelNames } from '@ccro/broker';
import { developmentKey, developmentVotingKey } from '@ccro/cluster-config';
import type { Certificate, Vote } from '@ccro/consensus';
import { MessageSigner } from '@ccro/crypto';
import { json } from '@ccro/wire';
import { describe, expect, it } from 'vitest';
import { SimulatedCluster, type SimulationOptions } from './simulated-cluster.js';
import { drawSchedule } from './schedule/draw-schedule.js';
import { runSchedule } from './schedule/run-schedule.js';
import { Trace } from './trace/trace.js';

const LIMIT_MS = 5_000;

interface BlsRun {
  readonly cluster: SimulatedCluster;
  readonly certificates: Certificate[];
  readonly votes: Vote[];
}

/** A BLS cluster and what was said in it. */
async function started(options: Omit<SimulationOptions, 'signature'>): Promise<BlsRun> {
  const cluster = new SimulatedCluster({ ...options, signature: 'bls' });
  const certificates: Certificate[] = [];
  const votes: Vote[] = [];
  cluster.eavesdropper = ({ payload }) => {
    const { message } = json.decode(payload, cluster.facts.cluster);
    if (message?.kind === 'certificate') certificates.push(message);
    if (message?.kind === 'vote') votes.push(message);
  };
  await cluster.start();
  return { cluster, certificates, votes };
}

async function expectDecided({ cluster }: BlsRun, ...values: string[]): Promise<void> {
  const before = cluster.outcomes.length;
  cluster.submit(...values);
  expect(await cluster.decide(before + values.length, LIMIT_MS)).toBe(true);
  expect(await cluster.level(1, LIMIT_MS)).toBe(true);
  expect(cluster.checkers.violations).toEqual([]);
}

describe.each(['pbft', 'ccro'] as const)('BLS certificates: %s', (mode) => {
  it.each([1, 4, 7, 16])('n = %i: everyone executes the same', async (nodes) => {
    const run = await started({ seed: nodes, mode, nodes });
    await expectDecided(run, 'a', 'b', 'c');
    await expectDecided(run, 'd');
    expect(new Set(run.cluster.nodes.map((node) => node.stateDigest())).size).toBe(1);
    for (const { proof } of run.certificates) {
      expect(proof).toMatchObject({
        scheme: 'bls',
        signatures: [expect.stringMatching(/^.{128}$/)],
      });
    }
    if (mode === 'ccro') expect(run.certificates.length).toBeGreaterThan(0);
    const refusals = run.cluster.nodes.map((node) => node.counters().rejects['bad-signature']);
    expect(refusals.every((count) => count === undefined)).toBe(true);
  });

  it('checkpoints, and a replica that was away comes back over them', async () => {
    const tuning = { checkpointInterval: 4, windowSlots: 8, maxInFlightSlots: 2 };
    const run = await started({ seed: 3, mode, nodes: 4, tuning });
    run.cluster.node(3).setAway(true);
    for (let round = 0; round < 12; round += 1) {
      run.cluster.submit(`round ${round}`);
      expect(await run.cluster.decide(round + 1, LIMIT_MS)).toBe(true);
    }
    expect(run.cluster.node(0).status().stableCheckpoint).toBeGreaterThanOrEqual(8);
    run.cluster.node(3).setAway(false);
    await expectDecided(run, 'all are here');
    expect(run.cluster.node(3).status().stableCheckpoint).toBeGreaterThanOrEqual(8);
  });
});

describe('BLS certificates: the fast path', () => {
  it('all answer: one certificate of all n and no commit votes', async () => {
    const run = await started({ seed: 1, mode: 'ccro', nodes: 7 });
    await expectDecided(run, 'a');
    expect(run.certificates.map(({ proof }) => proof.signers.length)).toEqual([7]);
    expect(run.votes.filter(({ phase }) => phase === 'commit')).toEqual([]);
  });

  it('one is offline: a quorum decides in two rounds', async () => {
    const faulty = new Map([[3, 'offline' as const]]);
    const run = await started({ seed: 1, mode: 'ccro', nodes: 4, faulty });
    await expectDecided(run, 'a', 'b');
    expect(new Set(run.certificates.map(({ phase }) => phase))).toEqual(
      new Set(['prepare', 'commit']),
    );
  });
});

describe('BLS certificates: bad votes', () => {
  it('under everyone’s name keep nothing from being decided, and cost their sender alone', async () => {
    const run = await started({ seed: 2, mode: 'ccro', nodes: 7 });
    const { cluster } = run;
    const { broadcast } = channelNames(cluster.facts.cluster);
    const { secretKey } = developmentKey('node', 6);
    const votingSecretKey = developmentVotingKey(6).secretKey;
    const overhear = cluster.eavesdropper;
    cluster.eavesdropper = (published) => {
      overhear?.(published);
      const { message } = json.decode(published.payload, cluster.facts.cluster);
      if (published.from === 'outsider' || message?.kind !== 'pre-prepare') return;
      const { view, sequence, digest } = message;
      // A true signature of member 6, under the names of all: valid under its own name alone.
      const signer = new MessageSigner({
        ...cluster.facts,
        replica: 6,
        secretKey,
        votingSecretKey,
      });
      const vote = signer.sign({
        ...{ kind: 'vote', phase: 'prepare', view, sequence, digest, replica: 6, attempt: 0 },
      });
      for (let replica = 0; replica < 6; replica += 1) {
        cluster.network.publish('outsider', broadcast, json.encode({ ...vote, replica }));
      }
    };
    for (const value of ['a', 'b', 'c', 'd']) await expectDecided(run, value);
    const refused = cluster.nodes.map((node) => node.counters().rejects['bad-signature'] ?? 0);
    expect(Math.max(...refused)).toBeGreaterThan(0);
    const named = cluster.nodes.flatMap((node) => Object.keys(node.counters().badVotes));
    expect(named).not.toEqual([]);
    // Its own name is the one under which its signature holds.
    expect(named).not.toContain('6');
  });

  it('of a liar are evidence against it', async () => {
    const faulty = new Map([[3, 'falsify' as const]]);
    const run = await started({ seed: 5, mode: 'ccro', nodes: 4, faulty });
    await expectDecided(run, 'a', 'b');
    const accused = (): Set<number> =>
      new Set(
        run.cluster
          .honestNodes()
          .flatMap((node) => node.evidence.entries())
          .filter(({ kind }) => kind === 'vote-against-decision' || kind === 'conflicting-votes')
          .map((entry) => entry.accused),
      );
    await run.cluster.time.runUntil(() => accused().size > 0, LIMIT_MS);
    expect([...accused()]).toEqual([3]);
  });
});

describe('BLS certificates: schedules of faults', () => {
  it.each([
    ...[1, 2, 3, 4].map((seed) => ({ seed, nodes: 4 as const })),
    ...[5, 6].map((seed) => ({ seed, nodes: 7 as const })),
  ])(
    'seed $seed, n = $nodes: nothing is violated',
    { timeout: 120_000 },
    async ({ seed, nodes }) => {
      const choices = { modes: ['ccro', 'pbft'], nodes: [nodes] } as const;
      const schedule = { ...drawSchedule(seed, choices), signature: 'bls' } as const;
      expect((await runSchedule(schedule)).violations).toEqual([]);
    },
  );

  it('are the same to the last line when repeated', { timeout: 120_000 }, async () => {
    const run = async (): Promise<string> => {
      const trace = new Trace();
      const choices = { modes: ['ccro'], nodes: [4] } as const;
      await runSchedule({ ...drawSchedule(8, choices), signature: 'bls' }, trace);
      return trace.hash;
    };
    expect(await run()).toBe(await run());
  });
});
