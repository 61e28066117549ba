/** What a client has outstanding: what replicas promise about it, and what nobody is blamed for. */

import type { ReplicaId } from '@ccro/consensus';
import { appendOperation, getOperation, putOperation } from '@ccro/state-machine';
import { json } from '@ccro/wire';
import { describe, expect, it } from 'vitest';
import { Scene, signedRequest } from './scene.testkit.js';

const MODES = ['ccro', 'pbft'] as const;

describe.each(MODES)('requests that are outstanding: %s', { timeout: 180_000 }, (mode) => {
  it('A3: one that was lost on its way is executed, however large the answers to others are', async () => {
    const scene = await Scene.of({ mode, n: 4 });
    scene.cluster.submitOperation('gateway', putOperation('k', 'x'.repeat(130_900)));
    await scene.untilDecided();
    let losing = true;
    scene.loses = ({ message }) =>
      losing && message?.kind === 'request' && message.operation.includes('victim');
    scene.cluster.submitOperation('gateway', appendOperation('victim'));
    // More than what is kept of the results of one client.
    for (let read = 0; read < 70; read += 1) {
      scene.cluster.submitOperation('gateway', getOperation('k'));
    }
    await scene.until('all others decided', () => scene.outcomes.length === 71);
    losing = false;
    await scene.untilDecided(20_000);
    await scene.expectDecidedRight();
  });

  /** Keeps the window of a client full at whoever is primary, until told to stop. */
  function flood(scene: Scene, client: string, each: number): { stop(): void } {
    let timestamp = 0;
    let on = true;
    const more = (): void => {
      if (!on) return;
      const primary = Math.max(...scene.honest.map((node) => node.status().view)) % scene.n;
      for (let count = 0; count < each; count += 1) {
        timestamp += 1;
        const request = signedRequest(scene, client, timestamp, appendOperation('flood'));
        scene.publish(client, primary, json.encode(request));
      }
      scene.cluster.time.schedule(4, more);
    };
    more();
    return { stop: () => void (on = false) };
  }

  /** Gives each backup a request of its own, again and again. */
  async function lure(
    scene: Scene,
    client: string,
    timestampOf: (round: number, id: ReplicaId) => number,
  ) {
    for (let round = 0; round < 5; round += 1) {
      for (let id = 1; id < scene.n; id += 1) {
        const operation = appendOperation(`lure ${round} ${id}`);
        const request = signedRequest(scene, client, timestampOf(round, id), operation);
        scene.publish(client, id, json.encode(request));
      }
      await scene.pass(120);
    }
  }

  /** A window that is soon full, slots of one request, and a view's time of 240 ms. */
  const NARROW = {
    clientWindow: 16,
    maxBatchRequests: 1,
    maxInFlightSlots: 1,
    requestTimeoutMs: 1,
  } as const;

  it.each([
    ['far above its window', (round: number, id: ReplicaId) => 10_000_000 + round * 10 + id],
    ['just above what it sends', (round: number, id: ReplicaId) => (round + 1) * 200 + id * 17],
  ])(
    'A7: a client deposes no honest primary by what it tells backups alone, %s',
    async (_, timestampOf) => {
      const clients = ['gateway', 'mallory'] as const;
      const scene = await Scene.of({ mode, n: 4, clients, tuning: NARROW });
      await scene.decide(['before'], 5_000);
      const flooding = flood(scene, 'mallory', 2);
      await scene.pass(100);
      await lure(scene, 'mallory', timestampOf);
      expect(Math.min(...scene.refusals('client-window-full'))).toBeGreaterThan(0);
      expect(scene.viewsAskedFor).toEqual([]);
      // Nobody else has to wait for it.
      await scene.decide(['meanwhile'], 1_000);
      flooding.stop();
      await scene.pass(5_000);
      scene.expectSound();
      expect(scene.views).toEqual([0]);
    },
  );

  it('A7, sibling: clients that fill the pool together depose nobody either', async () => {
    const clients = ['gateway', 'mallory', 'trudy', 'eve'] as const;
    const tuning = { ...NARROW, maxPooledRequests: 40 };
    const scene = await Scene.of({ mode, n: 4, clients, tuning });
    const floods = clients.slice(1).map((client) => flood(scene, client, 2));
    await scene.pass(100);
    for (const value of ['a', 'b', 'c', 'd', 'e']) {
      await scene.decide([value], 1_000);
      await scene.pass(100);
    }
    for (const each of floods) each.stop();
    await scene.pass(600);
    scene.expectSound();
    expect(scene.viewsAskedFor).toEqual([]);
  });

  it('A7, sibling: a client shields no primary that passes another client over', async () => {
    const clients = ['gateway', 'mallory'] as const;
    const scene = await Scene.of({ mode, n: 4, clients, tuning: NARROW, faulty: [0] });
    scene.loses = ({ message, to }) =>
      to === 0 && message?.kind === 'request' && message.client === 'gateway';
    const flooding = flood(scene, 'mallory', 2);
    for (let id = 1; id < 4; id += 1) {
      for (let count = 0; count < 8; count += 1) {
        const timestamp = 10_000_000 + id * 100 + count;
        const request = signedRequest(scene, 'mallory', timestamp, appendOperation('lure'));
        scene.publish('mallory', id, json.encode(request));
      }
    }
    await scene.pass(100);
    scene.cluster.submit('censored');
    await scene.untilDecided(3_000);
    flooding.stop();
    expect(scene.views).not.toEqual([0]);
    scene.expectSound();
  });
});
