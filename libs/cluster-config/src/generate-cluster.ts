import { generateKeyPair, generateVotingKeyPair, type ProvenKey } from '@ccro/crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatClusterFile, parseClusterConfig, type ClusterMode } from './cluster-config.js';
import { ConfigurationError, shown } from './configuration-error.js';
import { formatKeyFile, keyFileName, type KeyOwner, type OwnKeys } from './private-key.js';
import type { SignatureChoice } from './signature-scheme.js';

const CLUSTER_FILE = 'cluster.json';
/** Its owner alone reads a private key. */
const PRIVATE = 0o600;
const PUBLIC = 0o644;

/** A new cluster with fresh keys. */
export interface ClusterPlan {
  readonly cluster: string;
  readonly mode: ClusterMode;
  /** By default `auto`: by the number of nodes. */
  readonly signature?: SignatureChoice;
  readonly nodes: number;
  /** Ids of the clients. */
  readonly clients: readonly string[];
  /** A state machine of its users, as `name@version`. */
  readonly stateMachine?: string | undefined;
}

/**
 * Makes keys for a new cluster and writes `cluster.json` and one key file for every node and
 * client. Overwrites nothing: a private key that is lost cannot be made again.
 *
 * @param directory made if it is not there
 * @returns paths of the files, the cluster file first
 * @throws ConfigurationError when the plan is no cluster or a file is there already
 */
export function generateCluster(plan: ClusterPlan, directory: string): string[] {
  const { cluster, mode, signature = 'auto', nodes, clients, stateMachine } = plan;
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
      }));
  const config = parseClusterConfig({
    cluster,
    mode,
    signature,
    members: publicKeysOf('node'),
    clients: publicKeysOf('client'),
    ...(stateMachine === undefined ? {} : { stateMachine }),
  });
  return writeAll(directory, [
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

function writeAll(
  directory: string,
  files: readonly { readonly name: string; readonly text: string; readonly mode: number }[],
): string[] {
  const target = (name: string): string => join(directory, name);
  const taken = files.find(({ name }) => existsSync(target(name)));
  if (taken !== undefined) throw alreadyThere(target(taken.name));
  try {
    mkdirSync(directory, { recursive: true });
    for (const { name, text, mode } of files) {
      writeFileSync(target(name), text, { mode, flag: 'wx' });
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(shown(directory), `cannot be written to (${reason})`);
  }
  return files.map(({ name }) => target(name));
}

function alreadyThere(path: string): ConfigurationError {
  return new ConfigurationError(
    shown(path),
    'is there already and is not overwritten; allowed: a directory without a cluster',
  );
}
