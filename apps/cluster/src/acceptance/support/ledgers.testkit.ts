/** Every node's own ledger, read by asking that node alone. */

import { channelNames, RedisBroker } from '@ccro/broker';
import {
  clientFacts,
  clusterKeys,
  developmentCluster,
  developmentKey,
  GATEWAY_CLIENT,
} from '@ccro/cluster-config';
import { CcroClient } from '@ccro/client';
import { systemClock } from '@ccro/clock';
import { createVerification } from '@ccro/crypto';
import { nameOf, type TestCluster } from './test-cluster.testkit.js';

const ANSWER_TIMEOUT_MS = 5_000;

/** Batch digests by sequence number, from 1 on. */
export type OwnLedger = readonly string[];

/**
 * What each honest node has decided. The answers come as the gateway's client, over a connection
 * of our own: the gateway counts the copies it gets as unsolicited and goes on.
 */
export async function ledgersOf(testCluster: TestCluster): Promise<OwnLedger[]> {
  const { options, honest } = testCluster;
  const cluster = await nameOf(testCluster);
  const config = developmentCluster({ ...options, cluster });
  const broker = new RedisBroker({ url: options.redisUrl, name: 'ccro:auditor' });
  const { verifier } = createVerification(clusterKeys(config));
  const client = new CcroClient(
    {
      ...clientFacts(config),
      client: GATEWAY_CLIENT,
      secretKey: developmentKey('client', GATEWAY_CLIENT).secretKey,
    },
    { broker, verifier, clock: systemClock },
  );
  await broker.subscribe([channelNames(cluster).client(GATEWAY_CLIENT)]);
  broker.onMessage((_channel, payload) => client.receive(payload));
  await broker.connect();
  try {
    return await Promise.all(honest.map(({ id }) => ledgerOf(client, id)));
  } finally {
    client.close();
    await broker.close();
  }
}

async function ledgerOf(client: CcroClient, node: number): Promise<OwnLedger> {
  const digests: string[] = [];
  for (;;) {
    const query = { type: 'ledger', from: digests.length + 1, limit: 1000 } as const;
    const answer = await client.query(node, query, ANSWER_TIMEOUT_MS);
    const { decisions } = answer as { readonly decisions: readonly { readonly digest: string }[] };
    if (decisions.length === 0) return digests;
    digests.push(...decisions.map(({ digest }) => digest));
  }
}
