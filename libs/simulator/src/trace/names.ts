/** How traces spell who sends and who receives. */

import { nodeConnectionName, parseChannel } from '@ccro/broker';
import type { ClientId, ReplicaId } from '@ccro/consensus';

const NODE_CONNECTION = new RegExp(`^${nodeConnectionName(0).replace('0', String.raw`(\d+)`)}$`);

/** A node by its id, other parties by name: `client gateway`; `all` for all of them. */
export type Party = ReplicaId | string;

/** Name of a client's connection in a simulation. */
export function clientConnectionName(client: ClientId): string {
  return `client ${client}`;
}

/** The replica whose connection this is, if it is one's. */
export function replicaOfConnection(name: string): ReplicaId | undefined {
  const [, id] = NODE_CONNECTION.exec(name) ?? [];
  return id === undefined ? undefined : Number(id);
}

/** Whose connection this is. */
export function partyOf(connection: string): Party {
  return replicaOfConnection(connection) ?? connection;
}

/** Who listens to a channel. */
export function listenerOf(channel: string): Party {
  const parsed = parseChannel(channel);
  switch (parsed?.kind) {
    case 'broadcast':
      return 'all';
    case 'node':
      return parsed.node;
    case 'client':
      return `client ${parsed.client}`;
    case 'telemetry':
    case undefined:
      return channel;
  }
}

/** A party in words. */
export function partyText(party: Party): string {
  return typeof party === 'number' ? `node ${party}` : party;
}
