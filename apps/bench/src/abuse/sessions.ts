/** Asks nodes which session a client has to name in its queries: no node answers one without it. */

import type { Broker } from '@ccro/broker';
import { until } from '@ccro/clock';
import type { ReplicaId } from '@ccro/consensus';
import { formatNodeQuery, json, readQueryRetry, type QueryRetry } from '@ccro/wire';
import type { Signing } from './abuses.js';

const BOUND_MS = 10_000;

/** @param broker connected. @throws Overdue when one of `nodes` does not say it in time; Quit */
export async function sessionsOf(
  broker: Broker,
  { cluster, client, requests, channels }: Signing,
  nodes: readonly ReplicaId[],
  quit: AbortSignal,
): Promise<ReadonlyMap<ReplicaId, QueryRetry>> {
  const sessions = new Map<ReplicaId, QueryRetry>();
  broker.onMessage((_channel, payload) => {
    const { message } = json.decode(payload, cluster);
    if (message?.kind !== 'answer') return;
    const retry = readQueryRetry(JSON.parse(message.answer));
    if (retry !== undefined) sessions.set(message.replica, retry);
  });
  await broker.subscribe([channels.client(client)]);
  for (const replica of nodes) {
    const named = { id: `session-${replica}`, client, replica, session: 'unknown', counter: 0 };
    const query = formatNodeQuery({ type: 'status' });
    const signed = requests.signQuery({ kind: 'query', ...named, query } as const);
    await broker.publish(channels.node(replica), json.encode(signed));
  }
  const patience = { boundMs: BOUND_MS, quit };
  return until('an answer of every node', patience, () =>
    Promise.resolve(sessions.size === nodes.length ? sessions : undefined),
  );
}
