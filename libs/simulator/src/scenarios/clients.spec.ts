/** Scenarios 63 to 71: replicas that take a state over, and what clients may do and are promised. */

import { CcroClient } from '@ccro/client';
import { developmentKey } from '@ccro/cluster-config';
import type { ClientId, ReplicaId } from '@ccro/consensus';
import { createVerification } from '@ccro/crypto';
import type { FaultKind } from '@ccro/faults';
import { appendOperation, getOperation, putOperation } from '@ccro/state-machine';
import { json } from '@ccro/wire';
import { describe, expect, it } from 'vitest';
import { clientConnectionName } from '../trace/names.js';
import { CLUSTERS, Scene, signedRequest } from './scene.testkit.js';

const UNDISTURBED_MS = 50;
const REMINDED_MS = 1_000;
const REPLACED_MS = 3_000;
const SHORT = { checkpointInterval: 4, windowSlots: 8, maxBatchRequests: 1 } as const;

/** Another process with the key of a client: a second gateway, or the successor of a first. */
async function processOf(scene: Scene, client: ClientId, name: string): Promise<CcroClient> {
  const { facts, network, time } = scene.cluster;
  const process = new CcroClient(
    {
      cluster: facts.cluster,
      n: facts.members.length,
      client,
      secretKey: developmentKey('client', client).secretKey,
      firstTimestamp: 1,
    },
    {
      broker: network.broker(clientConnectionName(name)),
      verifier: createVerification(facts).verifier,
      clock: time,
      random: () => 0.5,
    },
  );
  await process.listen();
  return process;
}

describe.each(CLUSTERS)('state and clients: $mode, n = $n', ({ mode, n }) => {
  const lagging = n - 1;

  /** Has so many slots decided while one replica is cut off. */
  async function decideWithout(scene: Scene, replica: ReplicaId, slots: number): Promise<void> {
    scene.loses = ({ from, to }) => from === replica || to === replica;
    for (let slot = 1; slot <= slots; slot += 1) {
      scene.cluster.submitOperation('gateway', putOperation(`key ${slot % 9}`, `value ${slot}`));
      await scene.untilDecided(REMINDED_MS);
    }
    expect(scene.node(replica).status().lastExecuted).toBe(0);
    scene.loses = () => false;
  }

  it('63: lagging below the checkpoint: level by one state transfer, equal states', async () => {
    const scene = await Scene.of({
      mode,
      n,
      tuning: SHORT,
      disk: { minMs: 0, maxMs: 0, keptDecisions: 4 },
    });
    await decideWithout(scene, lagging, 26);
    await scene.untilLevel(26);
    const { stableCheckpoint, highWatermark } = scene.node(lagging).status();
    expect({ stableCheckpoint, highWatermark }).toEqual({
      stableCheckpoint: 24,
      highWatermark: 32,
    });
    await scene.decide(['after'], UNDISTURBED_MS);
    await scene.expectDecidedRight();
    expect(scene.cluster.checkers.transfers).toBe(1);
    expect(scene.viewsAskedFor).toEqual([]);
  });

  it('64: lying state-transfer source: found out, dropped, and another one asked', async () => {
    const accused = new Set<number>();
    for (const first of n === 4 ? [0, 1, 2] : [0, 1, 3]) {
      const liars = n === 4 ? [first] : [first, first + 2];
      const faulty = new Map(liars.map((id) => [id, 'false-state' as FaultKind]));
      const disk = { minMs: 0, maxMs: 0, keptDecisions: 4 };
      const scene = await Scene.of({ mode, n, tuning: SHORT, disk, faulty });
      await decideWithout(scene, lagging, 26);
      await scene.untilLevel(26, 30_000);
      await scene.expectDecidedRight();
      expect(scene.cluster.checkers.transfers).toBe(1);
      const named = scene.accused('wrong-chunk');
      expect(liars).toEqual(expect.arrayContaining(named));
      for (const id of named) accused.add(id);
    }
    expect(accused.size).toBeGreaterThan(0);
  });

  it('65: divergent checkpoint digest: f false ones make nothing stable, the true one is', async () => {
    const liars = n === 4 ? [1] : [1, 6];
    const faulty = new Map(liars.map((id) => [id, 'falsify' as FaultKind]));
    const scene = await Scene.of({ mode, n, tuning: SHORT, faulty });
    for (let slot = 1; slot <= 8; slot += 1) await scene.decide([`${slot}`], REMINDED_MS);
    const stable = (): boolean =>
      scene.honest.every((node) => node.status().stableCheckpoint === 8);
    await scene.until('the checkpoint at 8 is stable', stable, 5_000);
    await scene.expectDecidedRight();
    const digests = new Map<ReplicaId, string>();
    for (const { message } of scene.said) {
      if (message.kind !== 'vote' || message.phase !== 'checkpoint' || message.sequence !== 8)
        continue;
      digests.set(message.replica, message.digest);
    }
    const [state] = scene.honest.map((node) => node.stateDigest());
    for (const liar of liars) expect(digests.get(liar)).not.toBe(state);
    const honest = [...digests].filter(([replica]) => !liars.includes(replica));
    expect(new Set(honest.map(([, digest]) => digest))).toEqual(new Set([state]));
  });

  it('65: divergent checkpoint digest, of this replica: it stops, and answers nobody any more', async () => {
    const scene = await Scene.of({ mode, n, tuning: SHORT });
    const alone = scene.node(n - 1);
    // It executes 4 slots as the others do; then the keys of a quorum sign another state.
    scene.loses = ({ message, to }) =>
      to === alone.id &&
      (message?.kind === 'vote' || message?.kind === 'certificate') &&
      message.phase === 'checkpoint' &&
      message.digest !== 'd'.repeat(64);
    for (let slot = 1; slot <= 4; slot += 1) await scene.decide([`${slot}`], UNDISTURBED_MS);
    await scene.untilLevel(4);
    const vote = { kind: 'vote', phase: 'checkpoint', view: 0, sequence: 4, attempt: 0 } as const;
    for (const replica of scene.first(scene.quorum, alone.id)) {
      expect(alone.running).toBe(true);
      const signed = scene.as(replica).sign({ ...vote, digest: 'd'.repeat(64), replica });
      scene.publish('outsider', alone.id, json.encode(signed));
      await scene.pass(5);
    }
    expect({ running: alone.running, stopped: alone.stopped }).toEqual({
      running: false,
      stopped: true,
    });
    const [stopped, ...rest] = scene.cluster.checkers.violations;
    expect(rest).toEqual([]);
    expect(stopped?.message).toMatch(/^stopped: .* the state after 4 differs from the one /);
    const before = scene.said.length;
    scene.cluster.submit('after');
    await scene.pass(1_000);
    expect(scene.said.slice(before).filter(({ from }) => from === alone.id)).toEqual([]);
  });

  it('66: one request through several gateways: executes once, each has the same answer', async () => {
    const scene = await Scene.of({ mode, n });
    const gateways = await Promise.all(
      ['one', 'two', 'three'].map((name) => processOf(scene, 'gateway', name)),
    );
    const request = signedRequest(scene, 'gateway', 7, appendOperation('once'));
    const submissions = gateways.map((gateway) => gateway.send(request));
    const answers: unknown[] = [];
    for (const { decided } of submissions) {
      void decided.then((outcome) => answers.push([outcome.sequence, outcome.resultText]));
    }
    await scene.until('all are answered', () => answers.length === gateways.length, UNDISTURBED_MS);
    await scene.untilLevel(1);
    scene.expectSound();
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(scene.executed()).toHaveLength(1);
    expect(scene.operationsAt(1)).toEqual([appendOperation('once')]);
    for (const gateway of gateways) gateway.close();
  });

  it('67: retry after a timeout: answered from what was executed, executed once', async () => {
    const scene = await Scene.of({ mode, n });
    scene.loses = ({ message }) => message?.kind === 'reply';
    scene.cluster.submit('a');
    await scene.pass(3_000);
    expect(scene.outcomes).toEqual([]);
    expect(scene.honest.map((node) => node.status().lastExecuted)).toEqual(
      scene.honest.map(() => 1),
    );
    scene.loses = () => false;
    await scene.untilDecided(6_000);
    expect(scene.outcomes).toMatchObject([{ sequence: 1, batch: scene.proposed(1) }]);
    await scene.expectDecidedRight();
    expect(scene.executed()).toHaveLength(1);
    const requests = scene.said.filter(({ message }) => message.kind === 'request');
    expect(requests.length).toBeGreaterThan(2);
    expect(scene.viewsAskedFor).toEqual([]);
  });

  it('68: a timestamp reused for another operation: one of them executes, everywhere the same', async () => {
    const clients = ['gateway', 'mallory'] as const;
    for (const seed of [1, 2]) {
      const scene = await Scene.of({ mode, n, seed, clients });
      const [one, other] = ['one', 'other'].map((value) =>
        signedRequest(scene, 'mallory', 5, putOperation('key', value)),
      );
      if (one === undefined || other === undefined) throw new Error('two requests');
      for (const id of scene.first(n)) {
        scene.publish('mallory', id, json.encode(id % 2 === 0 ? one : other));
      }
      await scene.decide(['a'], REPLACED_MS);
      await scene.until('mallory is served', () => scene.executed().length === 2, 2 * REPLACED_MS);
      await scene.untilLevel(1);
      const [winner] = scene.executed().filter(({ client }) => client === 'mallory');
      const loser = winner?.digest === one.digest ? other : one;
      scene.publish('mallory', 'all', json.encode(loser));
      await scene.pass(5_000);
      scene.expectSound();
      expect(scene.executed()).toHaveLength(2);
      expect(Math.min(...scene.refusals('timestamp-reused'))).toBeGreaterThan(0);
      const told = scene
        .saidByHonest('reply')
        .filter(({ client }) => client === 'mallory')
        .flatMap(({ results }) => results.map(({ request }) => request));
      expect(new Set(told)).toEqual(new Set([winner?.digest]));
      expect(scene.views).toEqual([0]);
    }
  });

  it('69: stale read: what a client read is what was written last, whoever replies', async () => {
    const liars = n === 4 ? [1] : [1, 5];
    const scene = await Scene.of({ mode, n, faulty: liars });
    const write = async (value: number): Promise<void> => {
      scene.cluster.submitOperation('gateway', putOperation('key', value));
      await scene.untilDecided(REMINDED_MS);
    };
    const read = async (): Promise<unknown> => {
      const { decided } = scene.cluster.submitOperation('gateway', getOperation('key'));
      let result: unknown;
      void decided.then((outcome) => (result = outcome.result));
      await scene.untilDecided(REMINDED_MS);
      await scene.until('the read is answered', () => result !== undefined);
      return result;
    };
    await write(1);
    const stale = JSON.stringify(await read());
    expect(stale).toContain('1');
    for (const liar of liars) {
      scene.corrupt(liar, (send) => {
        const { message } = send;
        if (message.kind !== 'reply') return [send];
        const results = message.results.map((result) => ({ ...result, result: stale }));
        return [{ ...send, message: { ...message, results } }];
      });
    }
    // One more is honestly behind, which must not make it answer with what it still has.
    scene.loses = ({ to, message }) => to === lagging && message?.kind !== 'request';
    await write(2);
    const newest = JSON.stringify(await read());
    expect(JSON.parse(newest)).toEqual({ ...JSON.parse(stale), value: 2, version: 2 });
    scene.loses = () => false;
    await scene.expectDecidedRight();
    const lies = scene.said.filter(
      ({ from, message }) =>
        liars.includes(Number(from)) &&
        message.kind === 'reply' &&
        message.results.every(({ result }) => result === stale),
    );
    expect(lies.length).toBeGreaterThanOrEqual(liars.length);
  });

  it('70: client flood: what is held stays bounded, another client is served in time', async () => {
    const clients = ['gateway', 'mallory'] as const;
    const tuning = {
      clientWindow: 32,
      maxPooledRequests: 64,
      maxBatchRequests: 8,
      maxInFlightSlots: 2,
    };
    const scene = await Scene.of({ mode, n, clients, tuning });
    let timestamp = 0;
    const flood = (): void => {
      for (let count = 0; count < 25; count += 1) {
        timestamp += 1;
        const request = signedRequest(scene, 'mallory', timestamp, appendOperation(timestamp));
        scene.publish('mallory', 'all', json.encode(request));
      }
      for (const node of scene.honest) scene.cluster.checkers.onStatus(node.id, node.status());
      if (timestamp < 200) scene.cluster.time.schedule(2, flood);
    };
    flood();
    for (const value of ['a', 'b', 'c']) await scene.decide([value], 100);
    expect(timestamp).toBe(200);
    await scene.pass(100);
    expect(Math.min(...scene.refusals('client-window-full'))).toBeGreaterThan(0);
    await scene.untilLevel(3);
    scene.expectSound();
    const served = scene.executed().filter(({ client }) => client === 'gateway');
    expect(served).toHaveLength(3);
    expect(scene.viewsAskedFor).toEqual([]);
  });

  it('71: gateway killed after it accepted: its successor sends the same, executed once', async () => {
    const scene = await Scene.of({ mode, n });
    const killed = await processOf(scene, 'gateway', 'killed');
    const kept = ['sent', 'not sent'].map((value, index) =>
      signedRequest(scene, 'gateway', 11 + index, appendOperation(value)),
    );
    const [sent] = kept;
    if (sent === undefined) throw new Error('a request');
    const unanswered = killed.send(sent);
    unanswered.decided.catch(() => undefined);
    unanswered.settled.catch(() => undefined);
    await scene.pass(1);
    killed.close();
    await scene.until('executed', () => scene.executed().length === 1, REMINDED_MS);
    const successor = await processOf(scene, 'gateway', 'successor');
    const answers: number[] = [];
    for (const request of kept) {
      void successor.send(request).decided.then(({ timestamp }) => answers.push(timestamp));
    }
    await scene.until('both are answered', () => answers.length === 2, REMINDED_MS);
    await scene.untilLevel(2);
    scene.expectSound();
    expect(new Set(answers)).toEqual(new Set([11, 12]));
    expect(scene.executed().map(({ digest }) => digest)).toEqual(kept.map(({ digest }) => digest));
    successor.close();
  });
});
