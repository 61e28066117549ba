/** Scenarios 45 to 54: whatever the broker does, nothing wrong is decided, and all of it at last. */

import { developmentKey, GATEWAY_CLIENT } from '@ccro/cluster-config';
import { createDigests, RequestSigner } from '@ccro/crypto';
import type { Certificate, Phase, Vote } from '@ccro/consensus';
import { appendOperation } from '@ccro/state-machine';
import { json, MAX_MESSAGE_BYTES } from '@ccro/wire';
import { describe, expect, it } from 'vitest';
import { HEALTHY_NETWORK } from '../simulated-network.js';
import { CLUSTERS, Liar, Scene, type Party } from './scene.testkit.js';

const UNDISTURBED_MS = 50;
const REMINDED_MS = 1_000;
const REPLACED_MS = 3_000;
const DIGEST = 'd'.repeat(64);
const VALUES = ['a', 'b', 'c', 'd', 'e'];

const isReplica = (party: Party): boolean => typeof party === 'number';

describe.each(CLUSTERS)('a bad network: $mode, n = $n', ({ mode, n }) => {
  it.each([0.05, 0.15, 0.3])(
    '45: loss of %d: everything is decided, and all get level',
    async (loss) => {
      for (const seed of [1, 2]) {
        const network = { ...HEALTHY_NETWORK, loss };
        const scene = await Scene.of({ mode, n, seed, network });
        await scene.decide(VALUES, 60_000);
        await scene.expectDecidedRight(60_000);
      }
    },
  );

  it('46: duplication and reordering: each request executes once, without another view', async () => {
    for (const seed of [1, 2]) {
      const network = { loss: 0, duplication: 1, minDelayMs: 0.2, maxDelayMs: 60 };
      const scene = await Scene.of({ mode, n, seed, network });
      await scene.decide(VALUES, 5_000);
      await scene.expectDecidedRight();
      expect(scene.viewsAskedFor).toEqual([]);
      for (const node of scene.honest) {
        const { duplicate = 0 } = node.counters().rejects;
        expect(duplicate).toBeGreaterThan(0);
      }
    }
  });

  it('47: one-way partition, a primary that is not heard: replaced, and level when it is over', async () => {
    const scene = await Scene.of({ mode, n });
    scene.loses = ({ from, to }) => from === 0 && to !== 0;
    await scene.decide(['a', 'b'], REPLACED_MS);
    await scene.until('0 follows', () => scene.node(0).status().view === 1, 1_000);
    scene.loses = () => false;
    await scene.decide(['c'], REMINDED_MS);
    await scene.expectDecidedRight();
    expect(scene.views).toEqual([1]);
  });

  it('47: one-way partition, a primary that hears no replica: others decide with it', async () => {
    const scene = await Scene.of({ mode, n });
    scene.loses = ({ from, to }) => to === 0 && isReplica(from) && from !== 0;
    await scene.pass(300);
    scene.cluster.submit('a', 'b');
    await scene.untilDecided(2 * REPLACED_MS);
    scene.loses = () => false;
    await scene.decide(['c'], REPLACED_MS);
    await scene.expectDecidedRight();
    expect(scene.views).toHaveLength(1);
  });

  it('47: one-way partition, a backup that hears nothing: others go on, level when it is over', async () => {
    const scene = await Scene.of({ mode, n });
    scene.loses = ({ to }) => to === n - 1;
    await scene.decide(VALUES, REMINDED_MS);
    expect(scene.node(n - 1).status().lastExecuted).toBe(0);
    scene.loses = () => false;
    await scene.expectDecidedRight();
    expect(scene.viewsAskedFor).toEqual([]);
  });

  it('48: split without a quorum, then heal: nothing is decided, then everything', async () => {
    const scene = await Scene.of({ mode, n });
    await scene.decide(['before'], UNDISTURBED_MS);
    await scene.untilLevel(1);
    const one = new Set<Party>(scene.first(Math.floor(n / 2)));
    expect(Math.max(one.size, n - one.size)).toBeLessThan(scene.quorum);
    scene.loses = ({ from, to }) =>
      isReplica(from) && isReplica(to) && one.has(from) !== one.has(to);
    scene.cluster.submit('a', 'b', 'c');
    await scene.pass(7_000);
    expect(scene.outcomes).toHaveLength(1);
    expect(scene.honest.map((node) => node.status().lastExecuted)).toEqual(
      scene.honest.map(() => 1),
    );
    scene.loses = () => false;
    await scene.untilDecided(20_000);
    await scene.expectDecidedRight();
  });

  it('49: Redis restart under load: nobody is blamed, what was under way is decided', async () => {
    const scene = await Scene.of({ mode, n });
    scene.cluster.submit(...VALUES);
    await scene.pass(2);
    for (const node of scene.cluster.nodes) node.setAway(true);
    scene.cluster.submit('meanwhile');
    await scene.pass(10_000);
    const decided = scene.outcomes.length;
    expect(decided).toBeLessThan(VALUES.length);
    for (const node of scene.cluster.nodes) node.setAway(false);
    await scene.untilDecided(6_000);
    await scene.expectDecidedRight();
    expect(scene.viewsAskedFor).toEqual([]);
    expect(scene.views).toEqual([0]);
  });

  it('A7, sibling: a minute without Redis is held against no collector, and says nothing of how long it takes', async () => {
    const tuning = { maxBatchRequests: 1 };
    const scene = await Scene.of({ mode, n, tuning });
    for (const value of ['a', 'b', 'c']) await scene.decide([value], UNDISTURBED_MS);
    const requests = Array.from({ length: 8 }, (_, index) => `under way ${index}`);
    scene.cluster.submit(...requests);
    await scene.pass(2);
    for (const node of scene.cluster.nodes) node.setAway(true);
    await scene.pass(60_000);
    const before = scene.cluster.time.now();
    // Its collector is back last.
    const late = scene.node(mode === 'ccro' ? scene.collector : n - 1);
    for (const node of scene.cluster.nodes) if (node !== late) node.setAway(false);
    await scene.pass(500);
    await scene.decide(['while it is away'], REMINDED_MS);
    late.setAway(false);
    await scene.untilDecided(REMINDED_MS);
    expect(scene.cluster.time.now() - before).toBeLessThan(2 * REMINDED_MS);
    await scene.decide(['after'], UNDISTURBED_MS);
    await scene.expectDecidedRight();
    expect(scene.accused('collector-failed')).toEqual([]);
    expect(scene.views).toEqual([0]);
  });

  it('A7, sibling: who is back first after an outage does not leave its view for those who are not', async () => {
    const scene = await Scene.of({ mode, n });
    await scene.decide(['before'], UNDISTURBED_MS);
    for (const node of scene.cluster.nodes) node.setAway(true);
    const [first, ...others] = [...scene.cluster.nodes].reverse();
    first?.setAway(false);
    scene.cluster.submit('meanwhile');
    await scene.pass(2_500);
    for (const node of others) node.setAway(false);
    await scene.untilDecided(6_000);
    await scene.expectDecidedRight();
    expect(scene.viewsAskedFor).toEqual([]);
    expect(scene.views).toEqual([0]);
  });

  it.each(['primary', 'collector', 'backup'] as const)(
    '50: reconnect gap of the %s: level at once when it is back, and not replaced',
    async (role) => {
      const scene = await Scene.of({ mode, n });
      const id = { primary: 0, collector: scene.collector, backup: n - 1 }[role];
      await scene.decide(['before'], UNDISTURBED_MS);
      await scene.untilLevel(1);
      scene.cluster.submit(...VALUES);
      await scene.pass(1.5);
      scene.node(id).setAway(true);
      await scene.pass(1_000);
      scene.node(id).setAway(false);
      await scene.untilDecided(6_000);
      await scene.untilLevel(2, 500);
      await scene.expectDecidedRight();
      expect(scene.views).toEqual([0]);
    },
  );

  it('51: slow subscriber disconnected, again and again: it gets level, nobody waits for it', async () => {
    const scene = await Scene.of({ mode, n, tuning: { maxBatchRequests: 1 } });
    const slow = scene.node(n - 1);
    let served = 0;
    // Redis drops it once so much waits for it; it reconnects having lost all of that.
    scene.loses = ({ to }) => {
      if (to !== slow.id) return false;
      served += 1;
      if (served % 40 === 0) {
        slow.setAway(true);
        scene.cluster.time.schedule(20, () => slow.setAway(false));
      }
      return served % 40 > 20;
    };
    for (const value of Array.from({ length: 25 }, (_, index) => `${index}`)) {
      await scene.decide([value], REMINDED_MS);
    }
    expect(served).toBeGreaterThan(80);
    scene.loses = () => false;
    await scene.expectDecidedRight();
    expect(scene.viewsAskedFor).toEqual([]);
  });

  /** What members say in a cluster of another name, in which they have the same keys. */
  function foreignConversation(scene: Scene): Uint8Array[] {
    const cluster = 'another';
    const { secretKey } = developmentKey('client', GATEWAY_CLIENT);
    const operation = appendOperation('from another cluster');
    const signer = new RequestSigner({ cluster, secretKey });
    const request = signer.sign({ client: GATEWAY_CLIENT, timestamp: 90, operation });
    const members = scene.first(n).map((replica) => new Liar(scene, replica, cluster));
    const digest = createDigests().batch([request.digest]);
    const slot = { view: 0, sequence: 3, digest };
    const proposal = { ...slot, requests: [request.digest], bodies: [request], collector: 1 };
    const votes = (phase: Phase): Vote[] =>
      members.map((member) => {
        const { replica } = member;
        return member.sign({ kind: 'vote', phase, ...slot, attempt: 0, replica }) as Vote;
      });
    const certificate = (phase: Phase): Certificate => {
      const quorum = votes(phase).slice(0, scene.quorum);
      const signers = quorum.map(({ replica }) => replica);
      const signatures = quorum.map(({ signature }) => signature);
      const proof = { scheme: 'ed25519', signers, signatures };
      return { kind: 'certificate', phase, ...slot, proof };
    };
    const decision = { kind: 'decision', ...slot, requests: [request] } as const;
    const prePrepare = members[0]?.sign({ kind: 'pre-prepare', ...proposal, replica: 0 });
    const conversation = [
      request,
      ...(prePrepare === undefined ? [] : [prePrepare]),
      ...votes('prepare'),
      ...votes('commit'),
      certificate('prepare'),
      certificate('commit'),
      { ...decision, certificate: certificate('commit') },
    ];
    return conversation.map((message) => json.encode(message));
  }

  it('52: replay from another cluster, with the same keys: nothing of it counts', async () => {
    const scene = await Scene.of({ mode, n });
    await scene.decide(['a', 'b'], UNDISTURBED_MS);
    await scene.untilLevel(1);
    const foreign = foreignConversation(scene);
    for (const payload of foreign) scene.publish('outsider', 'all', payload);
    await scene.pass(20);
    const refused = scene.honest.map((node) => {
      const { rejects } = node.counters();
      const forged = (rejects['bad-signature'] ?? 0) + (rejects['digest-mismatch'] ?? 0);
      return forged + (rejects['certificate-bad-signature'] ?? 0);
    });
    // The two votes in its own name a replica does not look at.
    expect(refused).toEqual(scene.honest.map(() => foreign.length - 2));
    await scene.decide(['c'], UNDISTURBED_MS);
    await scene.expectDecidedRight();
    expect(scene.executed()).toHaveLength(3);
  });

  it('52: replay from another view: nothing of it counts', async () => {
    const scene = await Scene.of({ mode, n, faulty: [0] });
    await scene.decide(['a'], UNDISTURBED_MS);
    scene.loses = ({ message }) =>
      message?.kind === 'vote' && message.phase === 'commit' && message.view === 0;
    scene.cluster.submit('b');
    await scene.pass(20);
    scene.node(0).setFault('offline');
    await scene.until('the next view', () => scene.views.join() === '1', REPLACED_MS);
    const old = scene.said.filter(
      ({ message }) => 'view' in message && message.view === 0 && message.kind !== 'status',
    );
    expect(old.length).toBeGreaterThan(2 * n);
    scene.loses = () => false;
    for (const { payload } of old) scene.publish('outsider', 'all', payload);
    await scene.untilDecided(REPLACED_MS);
    await scene.decide(['c'], REMINDED_MS);
    await scene.expectDecidedRight();
    expect(Math.max(...scene.refusals('wrong-view'))).toBeGreaterThan(0);
    expect(scene.accused('conflicting-votes')).toEqual([]);
    expect(scene.views).toEqual([1]);
  });

  it('53: spoofed sender on the channel: whoever signed is the sender, and that is nobody', async () => {
    const scene = await Scene.of({ mode, n, faulty: [n - 1] });
    const liar = scene.as(n - 1);
    const spoof = (): void => {
      for (const replica of scene.first(n - 1)) {
        const slot = { view: 0, sequence: 2, digest: DIGEST } as const;
        const own = { replica: n - 1 } as const;
        const stable = { sequence: 0, digest: DIGEST, certificate: null };
        const position = { view: 9, lastExecuted: 9, attempt: 0, asks: true };
        for (const message of [
          liar.sign({ kind: 'vote', phase: 'prepare', ...slot, ...own, attempt: 0 }),
          liar.sign({ kind: 'vote', phase: 'commit', ...slot, ...own, attempt: 0 }),
          liar.sign({ kind: 'status', ...position, ...scene.told, ...own }),
          liar.sign({ kind: 'view-change', view: 1, stable, slots: [], ...own }),
        ]) {
          scene.publish('outsider', 'all', json.encode({ ...message, replica }));
        }
      }
    };
    spoof();
    await scene.decide(['a'], UNDISTURBED_MS);
    spoof();
    await scene.decide(['b', 'c'], UNDISTURBED_MS);
    await scene.pass(5_000);
    await scene.expectDecidedRight();
    expect(Math.min(...scene.refusals('bad-signature'))).toBeGreaterThanOrEqual(4 * (n - 2));
    expect(scene.viewsAskedFor).toEqual([]);
    for (const kind of ['conflicting-votes', 'vote-against-decision'] as const) {
      expect(scene.accused(kind)).toEqual([]);
    }
  });

  it('54: oversized and malformed messages: counted by reason, and nothing else', async () => {
    const scene = await Scene.of({ mode, n });
    const rubbish: [string, Uint8Array][] = [
      ['oversized', Buffer.alloc(MAX_MESSAGE_BYTES + 1, '{"kind":"request",')],
      ['oversized', Buffer.from(`{"kind":"vote","phase":"${'x'.repeat(4096)}"}`)],
      ['malformed', Buffer.from('')],
      ['malformed', Buffer.from('null')],
      ['malformed', Buffer.from('{"kind":"vote","phase":"prepare"}')],
      ['malformed', Buffer.from(`{"kind":"vote","votes":${'['.repeat(400)}${']'.repeat(400)}}`)],
      ['unknown-kind', Buffer.from('{"kind":"gossip","replica":0}')],
    ];
    for (const [, payload] of rubbish) scene.publish('outsider', 'all', payload);
    await scene.decide(['a', 'b'], UNDISTURBED_MS);
    for (const [, payload] of rubbish) scene.publish('outsider', 'all', payload);
    await scene.pass(20);
    await scene.expectDecidedRight();
    for (const code of ['oversized', 'malformed', 'unknown-kind'] as const) {
      const times = 2 * rubbish.filter(([reason]) => reason === code).length;
      expect({ code, counts: scene.refusals(code) }).toEqual({
        code,
        counts: scene.honest.map(() => times),
      });
    }
  });
});
