/**
 * Which parts of a cluster file all nodes and clients must have alike, and which are each one's own.
 *
 * Invariant kept here (equal settings): every field of a cluster file is classified, or this does not
 * compile. Those that must be equal are compared as the program uses them, so that a file which says a
 * default aloud equals one which leaves it out, and in whatever order it lists members and clients.
 */

import {
  checkpointDefaults,
  DEFAULT_REPLICA_CONFIG,
  type ReplicaTuning,
  type Settings,
} from '@ccro/consensus';
import { hashes } from '@ccro/primitives';
import type { ClusterConfig } from './cluster-config.js';

/** `equal`: replicas that differ in it come to different states, or refuse each other's messages. */
type Standing = 'equal' | 'own';

/** By setting of the protocol. Its own may be what follows from a node's machine and network. */
export const TUNING_STANDINGS = {
  maxBatchRequests: 'equal',
  maxBatchCharacters: 'equal',
  maxInFlightSlots: 'equal',
  windowSlots: 'equal',
  checkpointInterval: 'equal',
  clientWindow: 'equal',
  maxPooledRequests: 'own',
  // What it saves is up to each collector; its certificates are understood by all.
  fastPath: 'own',
  stragglerWaitMs: 'own',
  certificateTimeoutMs: 'own',
  requestTimeoutMs: 'own',
  statusIntervalMs: 'own',
  transferTimeoutMs: 'own',
  maxDecisionsPerAnswer: 'own',
} as const satisfies Record<keyof ReplicaTuning, Standing>;

/** By part of the file: what is compared of it. The cluster's name is part of all that is signed. */
const PARTS: Record<
  Exclude<keyof ClusterConfig, 'cluster' | 'tuning' | 'votingKeys'>,
  (config: ClusterConfig) => unknown
> = {
  mode: ({ mode }) => mode,
  signature: ({ signature }) => signature,
  codec: ({ codec }) => codec,
  members: ({ members }) =>
    members.map(({ id, publicKey, bls }) => [id, publicKey, bls?.publicKey]),
  clients: ({ clients }) =>
    clients
      .map(({ id, publicKey, admin = false }) => [id, publicKey, admin] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  stateMachine: ({ stateMachine }) => stateMachine ?? null,
};

/** What must be equal, of a cluster file. Nothing can be told from it but whether it is. */
export function settingsOf(config: ClusterConfig): Settings {
  const tuning = {
    ...DEFAULT_REPLICA_CONFIG,
    ...checkpointDefaults(config.members.length),
    ...config.tuning,
  };
  const parts = Object.entries(PARTS).map(([name, part]) => [name, part(config)] as const);
  const tuned = Object.entries(TUNING_STANDINGS)
    .filter(([, standing]) => standing === 'equal')
    .map(([name]) => [name, tuning[name as keyof ReplicaTuning]] as const);
  return [...parts, ...tuned].map(([name, value]) => entryOf(name, value)).sort();
}

/** What a client is told of the cluster, as `libs/client` takes it. */
export function clientFacts(config: ClusterConfig) {
  const { cluster, members, codec, tuning } = config;
  const { clientWindow } = tuning;
  const tuned = clientWindow === undefined ? {} : { clientWindow };
  return { cluster, n: members.length, codec, settings: settingsOf(config), ...tuned };
}

/** Those from which a replica's state follows, beside its state machine, which says so itself. */
export function stateSettings(settings: Settings): Settings {
  return settings.filter((entry) => entry.startsWith('clientWindow:'));
}

function entryOf(name: string, value: unknown): string {
  return `${name}:${hashes.sha256(`${name}=${JSON.stringify(value)}`).slice(0, 16)}`;
}
