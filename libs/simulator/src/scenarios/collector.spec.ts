/** Scenarios 12 to 23: what a bad collector can do, and that it costs one timeout on a slot. */

import {
  clusterSize,
  collectorOf,
  type Certificate,
  type Digest,
  type OutgoingMessage,
  type RejectCode,
  type ReplicaId,
} from '@ccro/consensus';
import type { OutgoingSend } from '@ccro/faults';
import { json } from '@ccro/wire';
import { describe, expect, it } from 'vitest';
import { COLLECTING, Liar, onlyTo, refusalsOf, Scene, type SceneOptions } from './scene.testkit.js';

/** What a collector costs that fails: the first certificate timeout, and what follows. */
const FALLEN_BACK_MS = 500;
/** A decision in which nothing goes wrong. */
const UNDISTURBED_MS = 50;

type Certified = Extract<OutgoingMessage, { kind: 'certificate' }>;

/** What the collector sends when its certificates are replaced. */
function certifying(
  instead: (certificate: Certified, send: OutgoingSend) => readonly OutgoingSend[],
): (send: OutgoingSend) => readonly OutgoingSend[] {
  return (send) =>
    send.message.kind === 'certificate' && send.message.phase !== 'checkpoint'
      ? instead(send.message, send)
      : [send];
}

/** A slot was decided by broadcast votes after one timeout, and the next collector is used. */
async function expectOneTimeout(scene: Scene): Promise<void> {
  const { collector } = scene;
  const [first] = await scene.decide(['first'], FALLEN_BACK_MS);
  expect(first).toMatchObject({ sequence: 1, view: 0, batch: scene.proposed(1) });
  expect(scene.timeouts(1).replicas).toBeGreaterThanOrEqual(scene.f + 1);
  await scene.untilLevel(1);
  expect(scene.accused('collector-failed')).toEqual([collector]);
  const before = scene.cluster.time.now();
  await scene.decide(['second'], UNDISTURBED_MS);
  expect(scene.cluster.time.now() - before).toBeLessThan(UNDISTURBED_MS);
  await scene.expectDecidedRight();
  expect(scene.timeouts(2).replicas).toBe(0);
  expect(scene.viewsAskedFor).toEqual([]);
}

describe.each(COLLECTING)('a bad collector: $mode, n = $n', (cluster) => {
  const collector = Math.floor(cluster.n / 2);
  const sceneWith = (options: Partial<SceneOptions>): Promise<Scene> =>
    Scene.of({ ...cluster, faulty: [collector], ...options });

  it('12: withholds certificates: one timeout, accused, and passed over', async () => {
    const scene = await sceneWith({ faulty: new Map([[collector, 'silent-collector']]) });
    await expectOneTimeout(scene);
    expect(scene.timeouts(1).attempts).toBe(1);
  });

  it('13: sends certificates to a subset: the others get them from these', async () => {
    const scene = await sceneWith({});
    const favoured = scene.first(scene.f, 0, collector);
    scene.corrupt(
      collector,
      certifying((_certificate, send) => (send.to.kind === 'all' ? onlyTo(send, favoured) : [])),
    );
    await expectOneTimeout(scene);
    // They alone had the prepare certificate before the first timer ran out.
    const prepared = scene.said.filter(
      ({ atMs, from, message }) =>
        atMs < UNDISTURBED_MS &&
        from !== collector &&
        message.kind === 'vote' &&
        message.phase === 'commit',
    );
    expect(new Set(prepared.map(({ from }) => from))).toEqual(new Set(favoured));
  });

  it('14: crashes while aggregating: one timeout, and level once it is back', async () => {
    const scene = await sceneWith({ faulty: [] });
    let votes = 0;
    scene.hears = ({ to, message }) => {
      if (to !== collector || message.kind !== 'vote' || message.phase !== 'prepare') return;
      votes += 1;
      // With its own it has at most one vote less than it needs.
      if (votes === scene.quorum - 1) scene.node(collector).crash();
    };
    await scene.decide(['first'], FALLEN_BACK_MS);
    expect(scene.node(collector).running).toBe(false);
    expect(
      scene.said.some(({ from, message }) => from === collector && message.kind === 'certificate'),
    ).toBe(false);
    await scene.decide(['second'], UNDISTURBED_MS);
    scene.node(collector).restart();
    await scene.expectDecidedRight();
    expect(scene.timeouts(2).replicas).toBe(0);
    expect(scene.viewsAskedFor).toEqual([]);
    expect(scene.accused('collector-failed')).toEqual([collector]);
  });

  it('15: forges one: refused by everyone, and the slot decided without it', async () => {
    const scene = await sceneWith({ faulty: new Map([[collector, 'forge-certificate']]) });
    await expectOneTimeout(scene);
    const forged = scene.honest.map((node) =>
      Object.keys(node.counters().rejects).filter((code) => code.startsWith('certificate-')),
    );
    expect(forged).not.toContainEqual([]);
  });

  const withSigners = (
    certificate: Certificate,
    signers: readonly ReplicaId[],
    signatures: readonly string[],
  ): Certificate => ({ ...certificate, proof: { ...certificate.proof, signers, signatures } });

  const forgeries: [string, RejectCode, (certificate: Certificate, scene: Scene) => Certificate][] =
    [
      [
        '16: duplicate signers',
        'certificate-duplicate-signer',
        (certificate) => {
          const { signers, signatures } = certificate.proof;
          const [signer = 0] = signers;
          const [signature = ''] = signatures;
          return withSigners(
            certificate,
            [signer, ...signers.slice(0, -1)],
            [signature, ...signatures.slice(0, -1)],
          );
        },
      ],
      [
        '17: below quorum',
        'certificate-below-quorum',
        (certificate) => {
          const { signers, signatures } = certificate.proof;
          return withSigners(certificate, signers.slice(1), signatures.slice(1));
        },
      ],
      [
        '18: a non-member signer',
        'unknown-member',
        (certificate, scene) => {
          const { signers, signatures } = certificate.proof;
          const { phase, view, sequence, digest } = certificate;
          const stranger = new Liar(scene, scene.n);
          const vote = { kind: 'vote', phase, view, sequence, digest, attempt: 0 } as const;
          const { signature } = stranger.sign({ ...vote, replica: scene.n });
          return withSigners(
            certificate,
            [...signers.slice(0, -1), scene.n],
            [...signatures.slice(0, -1), signature],
          );
        },
      ],
      [
        '19: prepare votes reused as commit',
        'certificate-bad-signature',
        (certificate) => ({ ...certificate, phase: 'commit' }),
      ],
    ];
  it.each(forgeries)('%s: refused as %s by everyone, one timeout', async (_, code, forge) => {
    const scene = await sceneWith({});
    const digests: Digest[] = [];
    scene.corrupt(
      collector,
      certifying((certificate, send) => {
        digests.push(certificate.digest);
        return [{ ...send, message: forge(certificate, scene) }];
      }),
    );
    await expectOneTimeout(scene);
    expect(Math.min(...scene.refusals(code))).toBeGreaterThan(0);
    expect(digests).toContain(scene.proposed(1));
  });

  const badVotes: [string, (vote: string) => string][] = [
    ['whose signature is none', () => 'A'.repeat(86)],
    ['signed for another phase', (signature) => signature],
  ];
  it.each(badVotes)('20: one bad vote, %s: certified without it, no timeout', async (_, sign) => {
    const scene = await Scene.of({ ...cluster, faulty: [1] });
    scene.corrupt(1, (send) => (send.message.kind === 'vote' ? [] : [send]));
    scene.hears = ({ message }) => {
      if (message.kind !== 'pre-prepare') return;
      for (const phase of ['prepare', 'commit'] as const) {
        const { view, sequence, digest } = message;
        const subject = { kind: 'vote', view, sequence, digest, replica: 1, attempt: 0 } as const;
        const { signature } = scene.as(1).sign({ ...subject, phase: 'checkpoint' });
        const bad = { ...subject, phase, signature: sign(signature) };
        scene.publish(1, collector, json.encode(bad));
      }
    };
    await scene.decide(['a', 'b'], UNDISTURBED_MS);
    await scene.expectDecidedRight();
    expect(refusalsOf(scene.node(collector), 'bad-signature')).toBeGreaterThanOrEqual(2);
    expect(scene.timeouts(1).replicas + scene.timeouts(2).replicas).toBe(0);
    expect(scene.accused('collector-failed')).toEqual([]);
    const certificates = scene.said.filter(({ message }) => message.kind === 'certificate');
    expect(certificates.length).toBeGreaterThanOrEqual(2);
    for (const { message } of certificates) {
      if (message.kind === 'certificate') expect(message.proof.signers).not.toContain(1);
    }
  });

  it('22: cut off from the primary only: one timeout, then another collector', async () => {
    const scene = await sceneWith({ faulty: [] });
    const cut = new Set([0, collector]);
    scene.loses = ({ from, to }) => from !== to && cut.has(Number(from)) && cut.has(Number(to));
    await expectOneTimeout(scene);
  });

  it.each([100, 205, 230, 400])(
    '23: late certificate, %i ms, after fallback began: decided once, nobody convicted',
    async (delayMs) => {
      const scene = await sceneWith({});
      scene.corrupt(
        collector,
        certifying((_certificate, send) => [{ ...send, delayMs }]),
      );
      const [first] = await scene.decide(['first'], FALLEN_BACK_MS);
      expect(first).toMatchObject({ sequence: 1, view: 0, batch: scene.proposed(1) });
      await scene.pass(2 * delayMs);
      const late = scene.said.filter(
        ({ from, message }) => from === collector && message.kind === 'certificate',
      );
      expect(late.length).toBeGreaterThan(0);
      await scene.decide(['second'], FALLEN_BACK_MS);
      await scene.expectDecidedRight();
      expect(scene.accused('conflicting-votes')).toEqual([]);
      expect(scene.accused('vote-against-decision')).toEqual([]);
      expect(scene.viewsAskedFor).toEqual([]);
    },
  );
});

describe('collector and primary collude: ccro, n = 7', () => {
  it('21: two batches, each with the votes of both: one is decided, and both are convicted', async () => {
    const convicted = { proposals: new Set<number>(), votes: new Set<number>() };
    for (const seed of [1, 2, 3, 4, 5]) {
      const scene = await Scene.of({
        mode: 'ccro',
        n: 7,
        seed,
        faulty: new Map([
          [0, 'equivocate'],
          [3, 'delay'],
        ]),
      });
      const favoured = [1, 2, 4];
      const digests = new Map<number, Set<Digest>>();
      scene.hears = ({ message }) => {
        if (message.kind !== 'pre-prepare' || message.view !== 0) return;
        const known = digests.get(message.sequence) ?? new Set();
        digests.set(message.sequence, known.add(message.digest));
      };
      scene.corrupt(3, (send) => {
        const { message } = send;
        if (message.kind === 'certificate') return onlyTo(send, favoured);
        if (message.kind !== 'vote' || message.phase === 'checkpoint') return [send];
        const all = [...(digests.get(message.sequence) ?? [message.digest])];
        return all.map((digest) => ({ to: { kind: 'all' }, message: { ...message, digest } }));
      });
      await scene.decide(['a', 'b', 'c'], 10_000);
      await scene.expectDecidedRight();
      const accused = [scene.accused('conflicting-proposals'), scene.accused('conflicting-votes')];
      expect([0, 3]).toEqual(expect.arrayContaining(accused.flat()));
      for (const id of accused[0] ?? []) convicted.proposals.add(id);
      for (const id of accused[1] ?? []) convicted.votes.add(id);
    }
    expect(convicted.proposals).toEqual(new Set([0]));
    expect([...convicted.votes]).toContain(3);
  });
});

describe.each(COLLECTING)('who is said to be the collector: $mode, n = $n', ({ mode, n }) => {
  const named = (scene: Scene, sequence: number): number | undefined =>
    scene.saidByHonest('pre-prepare').find((each) => each.sequence === sequence)?.collector;
  const shown = (nodes: Scene['honest']): Set<number | undefined> =>
    new Set(nodes.map((node) => node.status().collector));

  it('H1: everywhere the one that pre-prepares name, also after one was passed over', async () => {
    const scene = await Scene.of({
      mode,
      n,
      faulty: new Map([[Math.floor(n / 2), 'silent-collector']]),
    });
    await scene.decide(['first'], FALLEN_BACK_MS);
    await scene.untilLevel(1);
    await scene.pass(UNDISTURBED_MS);
    const next = shown(scene.honest);
    scene.node(scene.collector).setFault(undefined);
    await scene.decide(['second'], UNDISTURBED_MS);
    await scene.untilLevel(2);
    expect(named(scene, 1)).toBe(scene.collector);
    expect(named(scene, 2)).not.toBe(scene.collector);
    expect(next).toEqual(new Set([named(scene, 2)]));
    expect(shown(scene.cluster.nodes)).toEqual(next);
  });
});

describe.each(COLLECTING)(
  'a primary that names other collectors to others: $mode, n = $n',
  ({ mode, n }) => {
    /** Each backup hears of the next one as collector, and collectors are told that they are none. */
    const dividing = (send: OutgoingSend): readonly OutgoingSend[] => {
      const { message } = send;
      if (message.kind !== 'pre-prepare' || message.replica !== 0) return [send];
      const { kind, view, sequence, digest, requests, bodies, replica } = message;
      return Array.from({ length: n - 1 }, (_, index) => {
        const collector = 1 + ((index + 1) % (n - 1));
        const lie = { kind, view, sequence, digest, requests, bodies, replica, collector };
        return { to: { kind: 'replica', id: index + 1 }, message: lie } as const;
      });
    };

    it.each([true, false])(
      'A8: is convicted and replaced after one slot (fast path: %s)',
      async (fastPath) => {
        const tuning = { maxBatchRequests: 1, fastPath };
        const scene = await Scene.of({ mode, n, tuning, faulty: [0] });
        scene.corrupt(0, dividing);
        const before = scene.cluster.time.now();
        for (let index = 0; index < 20; index += 1) await scene.decide([`${index}`], 1_000);
        expect(scene.cluster.time.now() - before).toBeLessThan(1_500);
        await scene.expectDecidedRight();
        expect(scene.accused('conflicting-proposals')).toEqual([0]);
        expect(scene.viewsAskedFor).toEqual([1]);
        expect(scene.outcomes.filter(({ view }) => view === 0).length).toBeLessThanOrEqual(1);
      },
    );

    it('A8, sibling: a backup that says so though it is not true draws nothing out of others', async () => {
      const liar = n - 1;
      const silent = Math.floor(n / 2);
      const scene = await Scene.of({ mode, n, faulty: [liar, ...(n > 4 ? [silent] : [])] });
      scene.corrupt(liar, (send) =>
        send.message.kind === 'vote'
          ? [{ ...send, message: { ...send.message, attempt: 1, collector: 1 } }]
          : [send],
      );
      if (n > 4) scene.node(silent).setFault('silent-collector');
      await scene.decide(['a', 'b', 'c'], FALLEN_BACK_MS);
      await scene.expectDecidedRight();
      expect(scene.viewsAskedFor).toEqual([]);
      expect(scene.accused('conflicting-proposals')).toEqual([]);
      const shown = scene.said.filter(
        ({ from, message }) => from !== 0 && message.kind === 'pre-prepare',
      );
      expect(new Set(shown.map(({ to }) => to))).toEqual(new Set([liar]));
    });
  },
);

describe.each([7, 10])('f silent collectors, one after the other, under load: n = %i', (n) => {
  it('A8, sibling: are passed over, and no honest primary is suspected for them', async () => {
    const { f } = clusterSize(n);
    const silent = Array.from({ length: f }, (_, attempt) => collectorOf(0, n, attempt));
    const faulty = new Map(silent.map((id) => [id, 'silent-collector'] as const));
    const scene = await Scene.of({ mode: 'ccro', n, faulty, tuning: { maxBatchRequests: 1 } });
    const values = Array.from({ length: 80 }, (_, index) => `${index}`);
    await scene.decide(values, 60_000);
    await scene.expectDecidedRight();
    expect(scene.timeouts(1).replicas).toBeGreaterThan(0);
    expect(scene.accused('collector-failed')).toEqual([...silent].sort((a, b) => a - b));
    expect(scene.viewsAskedFor).toEqual([]);
  });
});
