/** Issue 2, acceptance: an equivocating or double-voting commander (scenarios 1 and 26). */

import { describe, expect, it } from 'vitest';
import { call } from './support/http.contract.js';
import { ledgersOf, type OwnLedger } from './support/ledgers.contract.js';
import { freshRedis } from './support/redis.contract.js';
import { replay } from './support/replay.contract.js';
import {
  accused,
  startedCluster,
  statusOf,
  type TestCluster,
} from './support/test-cluster.contract.js';

const REQUESTS = 120;
const CONCURRENT = 30;

/** Posts many requests at once, with some of which a faulty commander gets nowhere. */
async function load({ gatewayUrl }: TestCluster): Promise<Map<string, unknown>> {
  const results = new Map<string, unknown>();
  let next = 0;
  const post = async (): Promise<void> => {
    while (next < REQUESTS) {
      const data = (next += 1);
      const { status, body } = await call(gatewayUrl, 'POST', '/requests', { json: { data } });
      expect([200, 504]).toContain(status);
      if (status === 200) results.set(String(body['id']), body['result']);
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
      ...{ broker: 'redis', redisUrl: redis().url, requestTimeoutMs: 1500 },
    });
    const results = await load(cluster);
    if (fault === 'double-vote') expect(results.size).toBe(REQUESTS);

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
