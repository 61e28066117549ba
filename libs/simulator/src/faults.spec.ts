import { chooseFaulty, type FaultKind } from '@ccro/faults';
import { maxFaulty } from '@ccro/consensus';
import { describe, expect, it } from 'vitest';
import { SimulatedCluster } from './simulated-cluster.js';

const MODES = ['pbft', 'ccro'] as const;

function faultyCluster(
  mode: 'pbft' | 'ccro',
  nodes: number,
  kind: FaultKind,
  seed: number,
): SimulatedCluster {
  const ids = chooseFaulty({ n: nodes, count: maxFaulty(nodes), kind, seed });
  return new SimulatedCluster({
    seed,
    mode,
    nodes,
    faulty: new Map(ids.map((id) => [id, kind])),
  });
}

function accusedBy(cluster: SimulatedCluster, kind: string): number[] {
  const accused = cluster
    .honestNodes()
    .flatMap((node) => node.evidence.entries())
    .filter((entry) => entry.kind === kind)
    .map((entry) => entry.accused);
  return [...new Set(accused)].sort((a, b) => a - b);
}

function expectSound(cluster: SimulatedCluster): void {
  expect(cluster.checkers.violations).toEqual([]);
}

describe('who gathered the votes', () => {
  it('H1: an outcome names the collector of its own pre-prepare, after one was passed over', async () => {
    const cluster = new SimulatedCluster({
      ...{ seed: 3, mode: 'ccro', nodes: 4 },
      faulty: new Map([[2, 'silent-collector']]),
    });
    await cluster.start();
    cluster.submit('x');
    expect(await cluster.decide(1, 10_000)).toBe(true);
    cluster.submit('y');
    expect(await cluster.decide(2, 10_000)).toBe(true);
    expect(cluster.outcomes.map(({ collector }) => collector)).toEqual([2, 3]);
  });

  it('H1, sibling: nobody is named where nobody gathers them', async () => {
    const cluster = new SimulatedCluster({ seed: 3, mode: 'pbft', nodes: 4, faulty: new Map() });
    await cluster.start();
    cluster.submit('x');
    expect(await cluster.decide(1, 10_000)).toBe(true);
    expect(cluster.outcomes.map(({ collector }) => collector)).toEqual([null]);
  });
});

describe.each(MODES)('%s with f faulty ordinary nodes (scenarios 24 to 27)', (mode) => {
  for (const nodes of [4, 7, 13]) {
    for (const kind of [
      'offline',
      'falsify',
      'double-vote',
      'false-view-change',
      'false-state',
      'delay',
    ] as const) {
      it(`n = ${nodes}, ${kind}: every request is decided with the right data`, async () => {
        const cluster = faultyCluster(mode, nodes, kind, nodes);
        await cluster.start();
        cluster.submit('x', 'y', 'z');
        expect(await cluster.decide(3, 10_000)).toBe(true);
        await cluster.level(1, 5_000);
        expectSound(cluster);
        expect(cluster.outcomes.map(({ result }) => result)).toHaveLength(3);
      });
    }

    it(`n = ${nodes}: the falsifying nodes are named, by votes they signed`, async () => {
      const cluster = faultyCluster(mode, nodes, 'falsify', nodes);
      const liars = chooseFaulty({
        n: nodes,
        count: maxFaulty(nodes),
        kind: 'falsify',
        seed: nodes,
      });
      await cluster.start();
      cluster.submit('x');
      expect(await cluster.decide(1, 10_000)).toBe(true);
      await cluster.time.runUntil(() => false, 100);
      expect(accusedBy(cluster, 'vote-against-decision')).toEqual(liars);
      expect(accusedBy(cluster, 'conflicting-votes')).toEqual([]);
    });

    it(`n = ${nodes}: double voters are convicted by their own signatures`, async () => {
      const cluster = faultyCluster(mode, nodes, 'double-vote', nodes);
      const liars = chooseFaulty({
        n: nodes,
        count: maxFaulty(nodes),
        kind: 'double-vote',
        seed: nodes,
      });
      await cluster.start();
      cluster.submit('x');
      expect(await cluster.decide(1, 10_000)).toBe(true);
      await cluster.time.runUntil(() => false, 100);
      expect(accusedBy(cluster, 'conflicting-votes')).toEqual(liars);
    });
  }
});

describe('a bad collector (scenarios 12, 14, 15)', () => {
  for (const nodes of [4, 7, 13]) {
    for (const kind of ['silent-collector', 'forge-certificate', 'offline'] as const) {
      it(`n = ${nodes}, ${kind}: one timeout, then decided; named; passed over`, async () => {
        const collector = Math.floor(nodes / 2);
        const cluster = new SimulatedCluster({
          seed: nodes,
          mode: 'ccro',
          nodes,
          faulty: new Map([[collector, kind]]),
        });
        await cluster.start();
        cluster.submit('x');
        expect(await cluster.decide(1, 1_000)).toBe(true);
        expect(accusedBy(cluster, 'collector-failed')).toEqual([collector]);
        const before = cluster.time.now();
        cluster.submit('y');
        expect(await cluster.decide(2, 1_000)).toBe(true);
        expect(cluster.time.now() - before).toBeLessThan(60);
        expectSound(cluster);
        if (kind !== 'forge-certificate') return;
        for (const node of cluster.honestNodes()) {
          const refused = Object.entries(node.counters().rejects).filter(([code]) =>
            code.startsWith('certificate-'),
          );
          expect(refused.length).toBeGreaterThan(0);
        }
      });
    }
  }
});

describe.each(MODES)('%s with a faulty commander (scenario 1)', (mode) => {
  for (const nodes of [4, 7]) {
    for (const kind of [
      'equivocate',
      'double-vote',
      'falsify',
      'forge-certificate',
      'fabricate',
    ] as const) {
      it(
        `n = ${nodes}, ${kind}: nobody executes anything different, over 15 seeds`,
        { timeout: 60_000 },
        async () => {
          for (let seed = 1; seed <= 15; seed += 1) {
            const cluster = new SimulatedCluster({
              seed,
              mode,
              nodes,
              faulty: new Map([[0, kind]]),
              network: { loss: 0.05, duplication: 0.05, minDelayMs: 0.2, maxDelayMs: 20 },
            });
            await cluster.start();
            cluster.submit('a', 'b', 'c');
            await cluster.decide(3, 4_000);
            expectSound(cluster);
          }
        },
      );
    }
  }

  for (const nodes of [4, 7]) {
    it(`n = ${nodes}, fabricate: refused by all, decided under another commander`, async () => {
      const cluster = new SimulatedCluster({
        seed: nodes,
        mode,
        nodes,
        faulty: new Map([[0, 'fabricate']]),
      });
      await cluster.start();
      cluster.submit('a', 'b');
      expect(await cluster.decide(2, 30_000)).toBe(true);
      for (const node of cluster.honestNodes()) {
        expect(node.status().view).toBe(1);
        expect(node.counters().rejects['bad-signature']).toBeGreaterThan(0);
      }
      expectSound(cluster);
    });
  }

  it('n = 4: two proposals with its signature convict it', async () => {
    const convicted = [];
    for (let seed = 1; seed <= 20; seed += 1) {
      const cluster = new SimulatedCluster({
        seed,
        mode,
        nodes: 4,
        faulty: new Map([[0, 'equivocate']]),
      });
      await cluster.start();
      cluster.submit('a');
      await cluster.time.runUntil(() => false, 3_000);
      convicted.push(...accusedBy(cluster, 'conflicting-proposals'));
      expectSound(cluster);
    }
    expect(new Set(convicted)).toEqual(new Set([0]));
  });
});

describe.each(MODES)('%s on a bad network (scenarios 45 and 46)', (mode) => {
  for (const loss of [0.05, 0.15, 0.3]) {
    it(`${loss * 100} % loss, duplication and reordering: everything is decided`, async () => {
      for (let seed = 1; seed <= 10; seed += 1) {
        const cluster = new SimulatedCluster({
          seed,
          mode,
          nodes: 4,
          network: { loss, duplication: 0.1, minDelayMs: 0.2, maxDelayMs: 30 },
        });
        await cluster.start();
        cluster.submit('a', 'b', 'c', 'd', 'e');
        expect(await cluster.decide(5, 60_000)).toBe(true);
        expectSound(cluster);
        expect(await cluster.level(1, 60_000)).toBe(true);
        const heads = cluster.nodes.map((node) => node.status().ledgerHead);
        expect(new Set(heads).size).toBe(1);
      }
    });
  }
});
