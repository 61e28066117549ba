import { generateKeyPair, generateVotingKeyPair, type ProvenKey } from '@ccro/crypto';
import type { CodecName } from '@ccro/wire';
import { formatClusterFile, parseClusterConfig, type ClusterMode } from './cluster-config.js';
import { GATEWAY_CLIENT } from './development.js';
import { formatKeyFile, keyFileName, type KeyOwner, type OwnKeys } from './private-key.js';
import { PRIVATE, PUBLIC, writeNewFiles } from './secret-files.js';
import type { SignatureChoice } from './signature-scheme.js';

const CLUSTER_FILE = 'cluster.json';

/** A new cluster with fresh keys. */
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
 * Makes keys for a new cluster and writes `cluster.json` and one key file for every node and
 * client. Overwrites nothing: a private key that is lost cannot be made again. The client that is
 * called as the gateway is by default is marked as admin in the file, no other one.
 *
 * @param directory made if it is not there
 * @returns paths of the files, the cluster file first
 * @throws ConfigurationError when the plan is no cluster or a file is there already
 */
export function generateCluster(plan: ClusterPlan, directory: string): string[] {
  const { cluster, mode, signature = 'auto', nodes, clients, codec, stateMachine } = plan;
  const owners: KeyOwner[] = [
    ...Array.from({ length: nodes }, (_, id) => ({ role: 'node', id }) as const),
    ...clients.map((id) => ({ role: 'client', id }) as const),
  ];
  const keys = owners.map((owner) => ({ owner, keys: generateKeys(owner) }));
  const publicKeysOf = (role: KeyOwner['role']): unknown[] =>
    keys
      .filter(({ owner }) => owner.role === role)
      .map(({ owner, keys: { publicKey, bls } }) => ({
        id: owner.id,
        publicKey,
        ...publicBls(bls),
        ...(owner.role === 'client' && owner.id === GATEWAY_CLIENT && { admin: true }),
      }));
  const config = parseClusterConfig({
    cluster,
    mode,
    signature,
    members: publicKeysOf('node'),
    clients: publicKeysOf('client'),
    codec,
    stateMachine,
  });
  return writeNewFiles(directory, [
    { name: CLUSTER_FILE, text: formatClusterFile(config), mode: PUBLIC },
    ...keys.map(({ owner, keys: own }) => ({
      name: keyFileName(owner),
      text: formatKeyFile(owner, own),
      mode: PRIVATE,
    })),
  ]);
}

/** Nodes have a second key, whether or not this cluster votes with it. */
function generateKeys({ role }: KeyOwner): OwnKeys {
  const keyPair = generateKeyPair();
  return role === 'node' ? { ...keyPair, bls: generateVotingKeyPair() } : keyPair;
}

function publicBls(bls: OwnKeys['bls']): { readonly bls?: ProvenKey } {
  if (bls === undefined) return {};
  const { publicKey, possession } = bls;
  return { bls: { publicKey, possession } };
}
