import {
  checkpointDefaults,
  DEFAULT_REPLICA_CONFIG,
  type ClientId,
  type ReplicaId,
  type ReplicaTuning,
} from '@ccro/consensus';
import type { ClusterKeys, ProvenKey, SchemeName, VotingKeys } from '@ccro/crypto';
import { type CodecName, DEFAULT_CODEC } from '@ccro/wire';
import type { z } from 'zod';
import { clusterSchema, type ClusterFile } from './cluster-schema.js';
import { ConfigurationError, notAllowed } from './configuration-error.js';
import { chooseScheme, proveVotingKeys, type SignatureChoice } from './signature-scheme.js';

export type ClusterMode = 'ccro' | 'pbft';

/** A replica as the cluster knows it. */
export interface Member {
  readonly id: ReplicaId;
  /** Ed25519, base64url. */
  readonly publicKey: string;
  /** What it signs votes with in a cluster of BLS certificates. */
  readonly bls?: ProvenKey | undefined;
}

/** A client as the cluster knows it. */
export interface Client {
  readonly id: ClientId;
  /** Ed25519, base64url. */
  readonly publicKey: string;
  /** Whether nodes let it set faults on them; nobody may who is not marked so. */
  readonly admin?: boolean | undefined;
}

/** Settings of the protocol that a cluster file may override. */
export type Tuning = Partial<ReplicaTuning>;

/** What every replica and client of a cluster is told alike: public, without private keys. */
export interface ClusterConfig {
  readonly cluster: string;
  readonly mode: ClusterMode;
  /** How votes are signed; a file that says `auto` means one of these. */
  readonly signature: SchemeName;
  /** How messages are spelt on the broker. */
  readonly codec: CodecName;
  /** The members' BLS keys, proven; there with signature `bls` alone. */
  readonly votingKeys?: VotingKeys;
  /** Ids 0..n-1, ascending. */
  readonly members: readonly Member[];
  readonly clients: readonly Client[];
  /** The state machine of its users that all nodes run, as `name@version`. */
  readonly stateMachine?: string;
  readonly tuning: Tuning;
}

/** The client the gateway is, unless it is told otherwise. */
export const GATEWAY_CLIENT = 'gateway';

/** A cluster that is to be made, but for its keys. */
export interface ClusterPlan {
  readonly cluster: string;
  readonly mode: ClusterMode;
  /** By default `auto`: by the number of nodes. */
  readonly signature?: SignatureChoice;
  /** By default readable JSON. */
  readonly codec?: CodecName;
  readonly nodes: number;
  /** Ids of the clients. */
  readonly clients: readonly string[];
  /** A state machine of its users, as `name@version`. */
  readonly stateMachine?: string | undefined;
}

/**
 * The cluster of a plan. The client that is called as the gateway is by default is marked as admin,
 * no other one.
 *
 * @param keysOf asked once for each node, and then for each client
 * @throws ConfigurationError when the plan is no cluster
 */
export function clusterOf(
  plan: ClusterPlan & { readonly tuning?: Tuning },
  keysOf: {
    readonly node: (id: ReplicaId) => { readonly publicKey: string; readonly bls: ProvenKey };
    readonly client: (id: ClientId) => { readonly publicKey: string };
  },
): ClusterConfig {
  const { cluster, mode, signature, codec, nodes, clients, stateMachine, tuning } = plan;
  return parseClusterConfig({
    cluster,
    mode,
    signature,
    codec,
    members: Array.from({ length: nodes }, (_, id) => {
      const { publicKey, bls } = keysOf.node(id);
      return { id, publicKey, bls: { publicKey: bls.publicKey, possession: bls.possession } };
    }),
    clients: clients.map((id) => ({
      id,
      publicKey: keysOf.client(id).publicKey,
      ...(id === GATEWAY_CLIENT && { admin: true }),
    })),
    stateMachine,
    tuning,
  });
}

/**
 * Checks what a cluster file holds.
 *
 * @param json the file's parsed JSON
 * @throws ConfigurationError naming the field that is wrong
 */
export function parseClusterConfig(json: unknown): ClusterConfig {
  const parsed = clusterSchema.safeParse(json);
  if (!parsed.success) throw fieldError(json, parsed.error);
  const file = parsed.data;
  const members = [...file.members].sort((a, b) => a.id - b.id);
  checkMemberIds(members);
  checkDistinct(file);
  const tuning = withoutUndefined(file.tuning ?? {});
  checkTuning(tuning, members.length);
  const { cluster, mode, codec, clients, stateMachine } = file;
  const signature = chooseScheme(file.signature, { mode, members });
  const own = stateMachine === undefined ? {} : { stateMachine };
  const config = { cluster, mode, signature, codec, members, clients, tuning, ...own };
  return signature === 'bls' ? { ...config, votingKeys: proveVotingKeys(members) } : config;
}

/** The text of a cluster file, as `parseClusterConfig` reads it. */
export function formatClusterFile(config: ClusterConfig): string {
  const { cluster, mode, signature, members, clients, stateMachine } = config;
  // What is undefined is left out.
  const codec = config.codec === DEFAULT_CODEC ? undefined : config.codec;
  const tuning = Object.keys(config.tuning).length === 0 ? undefined : config.tuning;
  const file = { cluster, mode, signature, codec, members, clients, stateMachine, tuning };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** The public keys of the cluster, as `libs/crypto` takes them. */
export function clusterKeys(config: ClusterConfig): ClusterKeys {
  const { cluster, members, clients, votingKeys } = config;
  return {
    cluster,
    members: members.map(({ publicKey }) => publicKey),
    votingKeys,
    clients: new Map(clients.map(({ id, publicKey }) => [id, publicKey])),
  };
}

/** The clients that nodes let set faults: those that the cluster file marks so. */
export function adminsOf({ clients }: Pick<ClusterConfig, 'clients'>): ReadonlySet<ClientId> {
  return new Set(clients.filter(({ admin }) => admin === true).map(({ id }) => id));
}

/** @throws ConfigurationError when the cluster has no such member */
export function requireMember(config: ClusterConfig, id: number, setting = 'NODE_ID'): Member {
  const member = config.members.find((each) => each.id === id);
  if (member !== undefined) return member;
  throw notAllowed(setting, id, `0 to ${config.members.length - 1} in ${config.cluster}`);
}

/** @throws ConfigurationError when the cluster has no such client */
export function requireClient(config: ClusterConfig, id: string, setting = 'CLIENT_ID'): Client {
  const client = config.clients.find((each) => each.id === id);
  if (client !== undefined) return client;
  const known = config.clients.map((each) => each.id).join(', ');
  throw notAllowed(setting, id, known === '' ? 'none, the cluster has no clients' : known);
}

function fieldError(json: unknown, error: z.ZodError): ConfigurationError {
  const [issue] = error.issues;
  if (issue === undefined) return new ConfigurationError('cluster file', 'is not valid');
  if (issue.code === 'unrecognized_keys') {
    const field = fieldName([...issue.path, issue.keys[0] ?? '']);
    return new ConfigurationError(field, 'is not a known field of a cluster file');
  }
  return notAllowed(fieldName(issue.path), valueAt(json, issue.path), issue.message);
}

function fieldName(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the file';
  const parts = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`));
  return parts.join('').replace(/^\./, '');
}

function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  let value = json;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Readonly<Record<PropertyKey, unknown>>)[part];
  }
  return value;
}

function checkMemberIds(members: readonly Member[]): void {
  const allowed = `0 to ${members.length - 1}, each exactly once, for ${members.length} members`;
  members.forEach(({ id }, index) => {
    if (id !== index)
      throw notAllowed(
        'members[].id',
        members.map((each) => each.id),
        allowed,
      );
  });
}

function checkDistinct({ members, clients }: ClusterFile): void {
  const ids = new Set<string>();
  clients.forEach(({ id }, index) => {
    if (ids.has(id)) throw notAllowed(`clients[${index}].id`, id, 'an id no other client has');
    ids.add(id);
  });
  const owners = new Map<string, string>();
  const all = [
    ...members.map((member) => ({ ...member, owner: `member ${member.id}` })),
    ...clients.map((client) => ({ ...client, owner: `client ${client.id}` })),
  ];
  for (const { publicKey, owner } of all) {
    const other = owners.get(publicKey);
    if (other !== undefined) {
      throw notAllowed(`publicKey of ${owner}`, publicKey, `a key of its own, not ${other}'s`);
    }
    owners.set(publicKey, owner);
  }
}

function checkTuning(tuning: Tuning, n: number): void {
  const { maxInFlightSlots, windowSlots, checkpointInterval, certificateTimeoutMs } = {
    ...DEFAULT_REPLICA_CONFIG,
    ...checkpointDefaults(n),
    ...tuning,
  };
  if (checkpointInterval + maxInFlightSlots > windowSlots) {
    throw notAllowed(
      'tuning.windowSlots',
      windowSlots,
      `at least checkpointInterval + maxInFlightSlots (${checkpointInterval + maxInFlightSlots})`,
    );
  }
  const { min, max } = certificateTimeoutMs;
  if (min > max) throw notAllowed('tuning.certificateTimeoutMs.min', min, `at most max (${max})`);
}

/** Leaves out what is not set, so that spreading over the defaults keeps them. */
function withoutUndefined(tuning: NonNullable<ClusterFile['tuning']>): Tuning {
  return Object.fromEntries(Object.entries(tuning).filter(([, value]) => value !== undefined));
}
