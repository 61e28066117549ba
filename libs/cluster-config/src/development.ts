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
import { bytes, hashes } from '@ccro/primitives';
import {
  clusterOf,
  GATEWAY_CLIENT,
  type ClusterConfig,
  type ClusterPlan,
  type Tuning,
} from './cluster-config.js';

const PUBLIC_SEED = 'ccro development keys: public, never for production';

/** The seed of a key that everyone can derive. @param owner a word of its own for each key */
function publicSeed(owner: string): Uint8Array {
  return bytes.from(hashes.sha256(`${PUBLIC_SEED}|${owner}`), 'hex');
}

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
 * @param plan by default called `local`, with the gateway as its only client
 * @throws ConfigurationError when the plan is no cluster
 */
export function developmentCluster({
  cluster = 'local',
  clients = [GATEWAY_CLIENT],
  ...plan
}: Omit<ClusterPlan, 'cluster' | 'clients'> & {
  readonly cluster?: string;
  readonly clients?: readonly string[];
  readonly tuning?: Tuning;
}): ClusterConfig {
  return clusterOf(
    { ...plan, cluster, clients },
    {
      node: (id) => ({ ...developmentKey('node', id), bls: developmentVotingKey(id) }),
      client: (id) => developmentKey('client', id),
    },
  );
}

/** Whether any key of the cluster is a development key: if so, the log says it aloud. */
export function isDevelopmentCluster({ members, clients }: ClusterConfig): boolean {
  return (
    members.some(({ id, publicKey }) => developmentKey('node', id).publicKey === publicKey) ||
    clients.some(({ id, publicKey }) => developmentKey('client', id).publicKey === publicKey)
  );
}
