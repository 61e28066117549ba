/** How traces spell who sends and who receives. */

import { nodeConnectionName, parseChannel } from '@ccro/broker';
import type { ClientId, ReplicaId } from '@ccro/consensus';

const NODE_CONNECTION = new RegExp(`^${nodeConnectionName(0).replace('0', String.raw`(\d+)`)}$`);

/** Name of a client's connection in a simulation. */
export function clientConnectionName(client: ClientId): string {
  return `client ${client}`;
}

/** The replica whose connection this is, if it is one's. */
export function replicaOfConnection(name: string): ReplicaId | undefined {
  const [, id] = NODE_CONNECTION.exec(name) ?? [];
  return id === undefined ? undefined : Number(id);
}

/** A connection in words. */
export function connectionText(name: string): string {
  const replica = replicaOfConnection(name);
  return replica === undefined ? name : `node ${replica}`;
}

/** A channel in words: who listens there. */
export function channelText(channel: string): string {
  const parsed = parseChannel(channel);
  switch (parsed?.kind) {
    case 'broadcast':
      return 'all';
    case 'node':
      return `node ${parsed.node}`;
    case 'client':
      return `client ${parsed.client}`;
    case 'telemetry':
    case undefined:
      return channel;
  }
}
