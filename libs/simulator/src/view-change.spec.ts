import { channelNames } from '@ccro/broker';
import { developmentKey } from '@ccro/cluster-config';
import { MessageSigner, type SealedMessage } from '@ccro/crypto';
import type { FaultKind } from '@ccro/faults';
import { json } from '@ccro/wire';
import { describe, expect, it } from 'vitest';
import { SimulatedCluster } from './simulated-cluster.js';

const DIGEST = 'd'.repeat(64);

interface Signer {
  readonly signer: MessageSigner;
}

const MODES = ['pbft', 'ccro'] as const;

function expectSound(cluster: SimulatedCluster): void {
  expect(cluster.checkers.violations).toEqual([]);
}

describe.each(MODES)('%s, view change (PBFT, section 4.4)', (mode) => {
  for (const nodes of [4, 7]) {
    for (const kind of ['offline', 'equivocate', 'falsify', 'double-vote'] as const) {
      it(`n = ${nodes}, commander ${kind}: every request is decided`, async () => {
        for (let seed = 1; seed <= 8; seed += 1) {
          const cluster = new SimulatedCluster({
            seed,
            mode,
            nodes,
            faulty: new Map<number, FaultKind>([[0, kind]]),
          });
          await cluster.start();
          cluster.submit('a', 'b', 'c');
          expect(await cluster.decide(3, 30_000)).toBe(true);
          expectSound(cluster);
        }
      });
    }
  }

  it('n = 7: two bad commanders in a row (scenario 39)', async () => {
    const cluster = new SimulatedCluster({
      seed: 1,
      mode,
      nodes: 7,
      faulty: new Map([
        [0, 'offline'],
        [1, 'offline'],
      ]),
    });
    await cluster.start();
    cluster.submit('a');
    expect(await cluster.decide(1, 60_000)).toBe(true);
    expect(cluster.honestNodes().map((node) => node.status().view)).toEqual([2, 2, 2, 2, 2]);
    expectSound(cluster);
  });

  it('on a bad network: everything is decided, nothing differs', async () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const cluster = new SimulatedCluster({
        seed,
        mode,
        nodes: 4,
        faulty: new Map<number, FaultKind>([[0, 'equivocate']]),
        network: { loss: 0.2, duplication: 0.1, minDelayMs: 0.2, maxDelayMs: 50 },
      });
      await cluster.start();
      cluster.submit('a', 'b', 'c', 'd');
      expect(await cluster.decide(4, 200_000)).toBe(true);
      expectSound(cluster);
    }
  });

  it('f replicas alone move nobody (scenario 37), f + 1 do (38)', async () => {
    const cluster = new SimulatedCluster({ seed: 3, mode, nodes: 4 });
    await cluster.start();
    cluster.network.connected = (_from, to) => to !== 'ccro:node:3';
    cluster.submit('a', 'b');
    expect(await cluster.decide(2, 10_000)).toBe(true);
    expect(cluster.nodes.slice(0, 3).map((node) => node.status().view)).toEqual([0, 0, 0]);
    expectSound(cluster);
  });

  const forgers: [string, (sign: Signer) => SealedMessage][] = [
    [
      'a view-change with a slot far above the watermarks',
      ({ signer }) =>
        signer.sign({
          kind: 'view-change',
          view: 1,
          stable: { sequence: 0, digest: DIGEST, certificate: null },
          slots: [{ sequence: 2 ** 50, vote: { view: 0, digest: DIGEST }, certificate: null }],
          replica: 5,
        }),
    ],
    [
      'a new-view for a far view on view-changes that do not exist',
      ({ signer }) =>
        signer.sign({
          kind: 'new-view',
          view: 705,
          viewChanges: [0, 1, 2, 3, 4].map((replica) => ({ replica, digest: DIGEST })),
          reproposals: [],
          replica: 5,
        }),
    ],
  ];
  it.each(forgers)('n = 7: %s stops nobody (scenarios 34 and 44)', async (_name, forge) => {
    const cluster = new SimulatedCluster({
      seed: 2,
      mode,
      nodes: 7,
      faulty: new Map<number, FaultKind>([
        [0, 'offline'],
        [5, 'offline'],
      ]),
    });
    await cluster.start();
    const { secretKey } = developmentKey('node', 5);
    const signer = new MessageSigner({ cluster: cluster.facts.cluster, replica: 5, secretKey });
    const { broadcast } = channelNames(cluster.facts.cluster);
    const lie = json.encode(forge({ signer }));
    for (let times = 0; times < 5; times += 1) cluster.network.publish('liar', broadcast, lie);
    cluster.submit('a');
    expect(await cluster.decide(1, 20_000)).toBe(true);
    expectSound(cluster);
  });

  it('many slots: checkpoints become stable and a lagging replica gets level', async () => {
    const cluster = new SimulatedCluster({
      seed: 5,
      mode,
      nodes: 4,
      tuning: { checkpointInterval: 8, windowSlots: 32, maxBatchRequests: 1 },
    });
    await cluster.start();
    cluster.network.connected = (_from, to) => to !== 'ccro:node:3';
    cluster.submit(...Array.from({ length: 100 }, (_, index) => index));
    expect(await cluster.decide(100, 60_000)).toBe(true);
    expect(cluster.nodes[0]?.status().stableCheckpoint).toBeGreaterThanOrEqual(88);
    cluster.network.connected = () => true;
    expect(await cluster.level(100, 30_000)).toBe(true);
    expectSound(cluster);
  });
});
