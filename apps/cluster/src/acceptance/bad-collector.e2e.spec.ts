/** Issue 2, acceptance: a silent or forging communication node (scenarios 12, 14 and 15). */

import { describe, expect, it, vi } from 'vitest';
import { decide } from './support/http.testkit.js';
import { freshRedis } from './support/redis.testkit.js';
import { expectDecidedRight } from './support/replay.testkit.js';
import {
  accused,
  PATIENCE_MS,
  startedCluster,
  statusOf,
  untilLevel,
  withFaulty,
  type TestCluster,
} from './support/test-cluster.testkit.js';

const DATA = ['one', 'two', 'three', 'four'];
const WITHIN_MS = 1000;

type Part = { readonly id: number; readonly role: string };

/** Has DATA decided, each within a second, and checks what was decided. */
async function decideInTime(cluster: TestCluster): Promise<void> {
  const answers = [];
  for (const data of DATA) {
    const startedAt = performance.now();
    answers.push(await decide(cluster.gatewayUrl, data));
    expect(performance.now() - startedAt).toBeLessThan(WITHIN_MS);
  }
  await untilLevel(cluster.honest, DATA.length);
  await expectDecidedRight(cluster.gatewayUrl, DATA, answers);
}

describe.each(['embedded', 'redis'] as const)('on the %s broker', (broker) => {
  const redis = broker === 'redis' ? freshRedis() : () => ({ url: '' });
  const startFaulty = (nodes: number, fault: 'silent-collector' | 'forge-certificate') =>
    startedCluster({ broker, redisUrl: redis().url, ...withFaulty(nodes, fault) });

  it.each([4, 7])('n = %i, silent collector: decided within 1 s', async (nodes) => {
    const cluster = await startFaulty(nodes, 'silent-collector');
    await decideInTime(cluster);
    await vi.waitFor(
      async () => {
        const suspects = await accused(cluster, ['collector-failed']);
        expect(cluster.options.faulty).toEqual(expect.arrayContaining(suspects));
        expect(suspects).not.toEqual([]);
      },
      { timeout: PATIENCE_MS, interval: 100 },
    );
  });

  it.each([4, 7])(
    'n = %i, forged certificate: decided within 1 s, rejected by every node',
    async (nodes) => {
      const cluster = await startFaulty(nodes, 'forge-certificate');
      await decideInTime(cluster);
      await vi.waitFor(
        async () => {
          for (const node of cluster.honest) {
            const { rejects } = await statusOf(node);
            const forged = Object.entries(rejects).filter(([code]) =>
              code.startsWith('certificate-'),
            );
            expect({ id: node.id, forged }).not.toEqual({ id: node.id, forged: [] });
          }
        },
        { timeout: PATIENCE_MS, interval: 100 },
      );
    },
  );

  it('H1: the collector that is shown is the one that gathers votes, and is caught when it lies', async () => {
    const cluster = await startedCluster({ broker, redisUrl: redis().url, faultInjection: true });
    const { gatewayUrl, gateway } = cluster;
    const shownIn = ({ nodes }: { readonly nodes: readonly Part[] }): number | undefined =>
      nodes.find(({ role }) => role === 'communication')?.id;
    expect(shownIn(await decide(gatewayUrl, 'one'))).toBe(2);
    await cluster.call('PUT', '/nodes/2/fault', { json: { kind: 'silent-collector' } });
    await decide(gatewayUrl, 'two');
    await cluster.call('DELETE', '/nodes/2/fault');
    const shown = shownIn(await decide(gatewayUrl, 'three'));
    expect(shown).toBe(3);
    await untilLevel(cluster.nodes, 3);
    expect((await gateway.status()).collector).toBe(shown);
    const { body } = await cluster.call('GET', '/nodes');
    expect(shownIn(body as unknown as { nodes: readonly Part[] })).toBe(shown);

    await cluster.call('PUT', `/nodes/${shown}/fault`, { json: { kind: 'falsify' } });
    await decide(gatewayUrl, 'four');
    const kind = 'vote-against-decision';
    await vi.waitFor(
      async () =>
        expect(await gateway.suspects()).toContainEqual(
          expect.objectContaining({ id: shown, kind, standing: 'signed' }),
        ),
      { timeout: PATIENCE_MS, interval: 100 },
    );
  });
});
