/** Issue 4, point 3: clusters whose certificates are one BLS aggregate. */

import { BLS_FROM } from '@ccro/cluster-config';
import { describe, expect, it, vi } from 'vitest';
import { decide } from './support/http.testkit.js';
import { temporaryDirectory } from './support/files.testkit.js';
import { freshRedis } from './support/redis.testkit.js';
import { expectDecidedRight } from './support/replay.testkit.js';
import {
  accused,
  launchCluster,
  PATIENCE_MS,
  startedCluster,
  type TestCluster,
  untilLevel,
} from './support/test-cluster.testkit.js';

/** How the certificates of all decided batches prove themselves, as the gateway passes them on. */
async function proofs(cluster: TestCluster): Promise<unknown[]> {
  const { body } = await cluster.call('GET', '/ledger?from=1&limit=100');
  const decisions = body['decisions'] as { readonly certificate: { readonly proof: unknown } }[];
  return decisions.map(({ certificate }) => certificate.proof);
}

const AGGREGATE = { scheme: 'bls', signatures: [expect.stringMatching(/^[\w-]{128}$/)] };

describe.each(['embedded', 'redis'] as const)('BLS on the %s broker', (broker) => {
  const redis = broker === 'redis' ? freshRedis() : () => ({ url: '' });

  it.each(['pbft', 'ccro'] as const)('%s: decided, and proven by aggregates', async (mode) => {
    const { url: redisUrl } = redis();
    const cluster = await startedCluster({ broker, redisUrl, mode, signature: 'bls' });
    const answers = [
      await decide(cluster.gatewayUrl, 'one'),
      await decide(cluster.gatewayUrl, 'two'),
    ];
    await untilLevel(cluster.honest, 2);
    await expectDecidedRight(cluster.gatewayUrl, ['one', 'two'], answers);
    expect(await proofs(cluster)).toMatchObject([AGGREGATE, AGGREGATE]);
  });

  it('one falsifies: decided right, and the liar is found out', async () => {
    const { url: redisUrl } = redis();
    const faults = { fault: 'falsify', faulty: [3] } as const;
    const cluster = await startedCluster({ broker, redisUrl, signature: 'bls', ...faults });
    const answer = await decide(cluster.gatewayUrl, 'one');
    await untilLevel(cluster.honest, 1);
    await expectDecidedRight(cluster.gatewayUrl, ['one'], [answer]);
    await vi.waitFor(
      async () => expect(await accused(cluster, ['vote-against-decision'])).toEqual([3]),
      { timeout: PATIENCE_MS, interval: 100 },
    );
  });
});

describe('a large cluster', () => {
  it('takes BLS by itself', async () => {
    const cluster = await startedCluster({ nodes: BLS_FROM });
    await decide(cluster.gatewayUrl, 'one');
    expect(await proofs(cluster)).toMatchObject([AGGREGATE]);
  });
});

describe('a data directory', () => {
  it('keeps the scheme, and its certificates hold after a restart', async () => {
    const storage = { durability: 'fsync', dataDirectory: await temporaryDirectory() } as const;
    const first = await launchCluster({ storage, signature: 'bls' });
    await decide(first.gatewayUrl, 'before');
    await untilLevel(first.honest, 1);
    await first.close();
    const second = await startedCluster({ storage });
    await decide(second.gatewayUrl, 'after');
    expect(await proofs(second)).toMatchObject([AGGREGATE, AGGREGATE]);
    await expect(launchCluster({ storage, signature: 'ed25519' })).rejects.toThrow(
      'is signed with bls',
    );
  });
});
