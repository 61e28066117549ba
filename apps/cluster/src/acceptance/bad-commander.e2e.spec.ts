/**
 * Issues 2 and 3, acceptance: an equivocating or double-voting commander (scenarios 1 and 26). What
 * it keeps from being decided is decided under another one.
 */

import { describe, expect, it } from 'vitest';
import { call } from './support/http.testkit.js';
import { ledgersOf, type OwnLedger } from './support/ledgers.testkit.js';
import { freshRedis } from './support/redis.testkit.js';
import { replay } from './support/replay.testkit.js';
import {
  accused,
  startedCluster,
  statusOf,
  type TestCluster,
} from './support/test-cluster.testkit.js';

const REQUESTS = 120;
const CONCURRENT = 30;

/** Posts many requests at once. Every one of them is decided. */
async function load({ gatewayUrl }: TestCluster): Promise<Map<string, unknown>> {
  const results = new Map<string, unknown>();
  let next = 0;
  const post = async (): Promise<void> => {
    while (next < REQUESTS) {
      const data = (next += 1);
      const { status, body } = await call(gatewayUrl, 'POST', '/requests', { json: { data } });
      expect({ status, body }).toMatchObject({ status: 200 });
      results.set(String(body['id']), body['result']);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, post));
  return results;
}

/** Expects the ledgers to be the same as far as they go. */
function expectAgreement(ledgers: readonly OwnLedger[]): void {
  const longest = ledgers.reduce((a, b) => (b.length > a.length ? b : a));
  for (const ledger of ledgers) expect(ledger).toEqual(longest.slice(0, ledger.length));
}

describe.each([4, 7])('%i nodes on Redis', (nodes) => {
  const redis = freshRedis();

  it.each([
    ['ccro', 'equivocate'],
    ['pbft', 'equivocate'],
    ['ccro', 'double-vote'],
    ['pbft', 'double-vote'],
  ] as const)('%s, commander: %s: no two nodes execute different data', async (mode, fault) => {
    const cluster = await startedCluster({
      ...{ mode, nodes, fault, faulty: [0], seed: nodes },
      ...{ broker: 'redis', redisUrl: redis().url, requestTimeoutMs: 30_000 },
    });
    const results = await load(cluster);
    expect(results.size).toBe(REQUESTS);
    // Of seven neither half is a quorum with the equivocator's vote, so it had to go.
    const { view } = await statusOf(cluster.honest[0]!);
    if (fault === 'equivocate' && nodes === 7) expect(view).toBeGreaterThan(0);

    expectAgreement(await ledgersOf(cluster));
    const heads = new Map<number, Set<string>>();
    for (const { lastExecuted, ledgerHead } of await Promise.all(cluster.honest.map(statusOf))) {
      heads.set(lastExecuted, (heads.get(lastExecuted) ?? new Set()).add(ledgerHead));
    }
    for (const distinct of heads.values()) expect(distinct.size).toBe(1);

    const replayed = await replay(cluster.gatewayUrl);
    for (const [id, result] of results) expect(replayed.get(id)?.result).toEqual(result);
    const lies = ['conflicting-proposals', 'conflicting-votes'] as const;
    expect(await accused(cluster, lies)).toEqual([0]);
  });
});
