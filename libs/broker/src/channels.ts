import { BrokerError } from './broker-error.js';

export type ChannelKind = 'broadcast' | 'node' | 'client' | 'telemetry';

/** What the name of a channel says. `node` is a replica id, `client` a client's name. */
export type Channel =
  | { readonly kind: 'broadcast'; readonly cluster: string }
  | { readonly kind: 'telemetry'; readonly cluster: string; readonly node: number }
  | { readonly kind: 'node'; readonly cluster: string; readonly node: number }
  | { readonly kind: 'client'; readonly cluster: string; readonly client: string };

/**
 * The names of one cluster's channels. The braces make them one hash slot on Redis Cluster.
 * `node` and `client` throw BrokerError `invalid-name` for what cannot be part of a name.
 */
export interface ChannelNames {
  /** `ccro:{<cluster>}:broadcast`: every replica listens. */
  readonly broadcast: string;
  /** `ccro:{<cluster>}:telemetry:<id>`: what one replica tells the gateway about itself. */
  readonly telemetry: (id: number) => string;
  /** `ccro:{<cluster>}:node:<id>`: one replica listens. */
  readonly node: (id: number) => string;
  /** `ccro:{<cluster>}:client:<client>`: one client listens. */
  readonly client: (client: string) => string;
}

const NAME = /^[A-Za-z0-9_.-]{1,128}$/;
const CHANNEL =
  /^ccro:\{([A-Za-z0-9_.-]{1,128})\}:(?:(broadcast)|(node|telemetry):(0|[1-9]\d{0,8})|client:([A-Za-z0-9_.-]{1,128}))$/;

/**
 * The channel names of `cluster`.
 *
 * @throws BrokerError `invalid-name` unless the cluster's name is 1 to 128 of letters, digits,
 *   `-`, `_` and `.`
 */
export function channelNames(cluster: string): ChannelNames {
  const prefix = `ccro:{${checkedName('cluster', cluster)}}:`;
  // A node sends thousands of messages a second to the same few inboxes.
  const inboxes: string[] = [];
  return {
    broadcast: `${prefix}broadcast`,
    telemetry: (id) => {
      checkNodeId(id);
      return `${prefix}telemetry:${id}`;
    },
    node: (id) => {
      checkNodeId(id);
      return (inboxes[id] ??= `${prefix}node:${id}`);
    },
    client: (client) => `${prefix}client:${checkedName('client', client)}`,
  };
}

/**
 * What goes before the name of every channel in Redis. Pub/sub knows no databases: without it two
 * clusters of one name on different databases would receive each other's messages.
 */
export function channelPrefix(database: number): string {
  return database === 0 ? '' : `db${database}:`;
}

/** What `channel` says, or undefined when it is no channel of this system. */
export function parseChannel(channel: string): Channel | undefined {
  const [, cluster, broadcast, own, node, client] = CHANNEL.exec(channel) ?? [];
  if (cluster === undefined) return undefined;
  if (broadcast !== undefined) return { kind: 'broadcast', cluster };
  if (own !== undefined) return { kind: own as 'node' | 'telemetry', cluster, node: Number(node) };
  return client === undefined ? undefined : { kind: 'client', cluster, client };
}

/** Only the kind of `channel`, for counting: cheaper than `parseChannel`, and less strict. */
export function kindOfChannel(channel: string): ChannelKind | undefined {
  const start = channel.indexOf('}:') + 2;
  if (start === 1 || !channel.startsWith('ccro:{')) return undefined;
  if (channel.startsWith('node:', start)) return 'node';
  if (channel.startsWith('client:', start)) return 'client';
  if (channel.startsWith('telemetry:', start)) return 'telemetry';
  return channel.endsWith('}:broadcast') ? 'broadcast' : undefined;
}

/** `ccro:node:<id>`, the name of a node's connection in Redis' CLIENT LIST. */
export function nodeConnectionName(id: number): string {
  checkNodeId(id);
  return `ccro:node:${id}`;
}

/**
 * `ccro:{<cluster>}:lease:node:<id>`, the key that a node holds while it uses the id.
 *
 * @throws BrokerError `invalid-name`
 */
export function leaseKey(cluster: string, id: number): string {
  checkNodeId(id);
  return `ccro:{${checkedName('cluster', cluster)}}:lease:node:${id}`;
}

function checkedName(what: string, name: string): string {
  if (NAME.test(name)) return name;
  throw new BrokerError(
    'invalid-name',
    `${JSON.stringify(name)} cannot name a ${what}: ` +
      'use 1 to 128 letters, digits, "-", "_" and ".".',
  );
}

function checkNodeId(id: number): void {
  if (Number.isSafeInteger(id) && id >= 0 && id < 1e9) return;
  throw new BrokerError('invalid-name', `${id} is no node id: use a whole number from 0.`);
}
