/**
 * The development cluster: every key follows from a public constant, so that a fresh checkout runs
 * at once. Everyone who reads this file can sign as any of its nodes. Never for production.
 */

import {
  keyPairFromSeed,
  votingKeyPairFromSeed,
  type KeyPair,
  type VotingKeyPair,
} from '@ccro/crypto';
import type { CodecName } from '@ccro/wire';
import { bytes, hashes } from '@ccro/primitives';
import {
  parseClusterConfig,
  type ClusterConfig,
  type ClusterMode,
  type Tuning,
} from './cluster-config.js';
import type { SignatureChoice } from './signature-scheme.js';

const PUBLIC_SEED = 'ccro development keys: public, never for production';

/** The seed of a key that everyone can derive. @param owner a word of its own for each key */
function publicSeed(owner: string): Uint8Array {
  return bytes.from(hashes.sha256(`${PUBLIC_SEED}|${owner}`), 'hex');
}

/** The client the gateway is, unless it is told otherwise. */
export const GATEWAY_CLIENT = 'gateway';

/** The key pair that everyone can derive for a node or a client of a development cluster. */
export function developmentKey(role: 'node', id: number): KeyPair;
export function developmentKey(role: 'client', id: string): KeyPair;
export function developmentKey(role: 'node' | 'client', id: number | string): KeyPair {
  return keyPairFromSeed(publicSeed(`${role}|${id}`));
}

/** The BLS key pair that everyone can derive for a node of a development cluster. */
export function developmentVotingKey(id: number): VotingKeyPair {
  return votingKeyPairFromSeed(publicSeed(`node-bls|${id}`));
}

/**
 * A cluster of development keys.
 *
 * @param options.clients ids of clients; by default the gateway alone
 * @throws ConfigurationError when the options do not make a cluster
 */
export function developmentCluster(options: {
  readonly nodes: number;
  readonly mode: ClusterMode;
  /** By default `auto`: by the number of nodes. */
  readonly signature?: SignatureChoice;
  readonly codec?: CodecName;
  readonly cluster?: string;
  readonly clients?: readonly string[];
  /** A state machine of its users, as `name@version`. */
  readonly stateMachine?: string | undefined;
  readonly tuning?: Tuning;
}): ClusterConfig {
  const { nodes, mode, signature = 'auto', cluster = 'local', tuning } = options;
  const { clients = [GATEWAY_CLIENT], codec, stateMachine } = options;
  return parseClusterConfig({
    cluster,
    mode,
    signature,
    members: Array.from({ length: nodes }, (_, id) => {
      const { publicKey, possession } = developmentVotingKey(id);
      const bls = { publicKey, possession };
      return { id, publicKey: developmentKey('node', id).publicKey, bls };
    }),
    clients: clients.map((id) => ({
      id,
      publicKey: developmentKey('client', id).publicKey,
      ...(id === GATEWAY_CLIENT && { admin: true }),
    })),
    codec,
    stateMachine,
    tuning,
  });
}

/** Whether any key of the cluster is a development key: if so, the log says it aloud. */
export function isDevelopmentCluster({ members, clients }: ClusterConfig): boolean {
  return (
    members.some(({ id, publicKey }) => developmentKey('node', id).publicKey === publicKey) ||
    clients.some(({ id, publicKey }) => developmentKey('client', id).publicKey === publicKey)
  );
}
