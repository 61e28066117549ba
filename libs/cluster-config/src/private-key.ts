import { publicKeyOf, votingKeyPairFromSeed, type KeyPair, type VotingKeyPair } from '@ccro/crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { requireClient, requireMember, type ClusterConfig } from './cluster-config.js';
import { ConfigurationError, shown } from './configuration-error.js';
import { developmentKey, developmentVotingKey } from './development.js';
import { readSecretFile } from './secret-files.js';
import { parseSecretJson } from './secret-json.js';

/** Whose key it is. Replicas are nodes here: it is processes that hold keys. */
export type KeyOwner =
  { readonly role: 'node'; readonly id: number } | { readonly role: 'client'; readonly id: string };

/** What one node or client signs with. */
export interface OwnKeys extends KeyPair {
  /** A node's second key, for votes; there whenever its cluster votes with BLS. */
  readonly bls?: VotingKeyPair;
}

const keyFileSchema = z.object({
  secretKey: z.string(),
  bls: z.object({ secretKey: z.string() }).optional(),
});

/** Name of the file that holds the key of `owner`, beside the cluster file. */
export function keyFileName({ role, id }: KeyOwner): string {
  return `${role}-${id}.key`;
}

/** The text of a key file. Everyone who reads it can sign as its owner. */
export function formatKeyFile({ role, id }: KeyOwner, keys: OwnKeys): string {
  const { publicKey, secretKey, bls } = keys;
  const second =
    bls === undefined ? {} : { bls: { publicKey: bls.publicKey, secretKey: bls.secretKey } };
  return `${JSON.stringify({ role, id, publicKey, secretKey, ...second }, null, 2)}\n`;
}

/**
 * The keys of a node or a client of `config`: from `keyFile` if one is named, else from
 * `node-<id>.key` or `client-<id>.key` beside the cluster file, else, when the cluster file names
 * its development key, that one.
 *
 * @throws ConfigurationError when there is none, or when it is not the one the cluster file names
 */
export function loadPrivateKey(options: {
  readonly config: ClusterConfig;
  /** Where the cluster file is; key files are looked for beside it. */
  readonly configPath: string;
  readonly owner: KeyOwner;
  readonly keyFile?: string | undefined;
}): OwnKeys {
  const { config, configPath, owner, keyFile } = options;
  const named = namedKeys(config, owner);
  const { publicKey } = named;
  const beside = join(dirname(configPath), keyFileName(owner));
  const path = keyFile ?? (existsSync(beside) ? beside : undefined);
  if (path !== undefined) return readKeyFile(path, owner, named);
  const development = developmentKeyOf(owner);
  if (development.publicKey === publicKey) return withDevelopmentBls(development, owner, named);
  throw new ConfigurationError(
    'KEY_FILE',
    `is missing, and there is no ${shown(beside)}; allowed: the file with the key of ` +
      `${owner.role} ${owner.id}, made by "npm run keygen"`,
  );
}

/** What the cluster file says of an owner's keys. */
interface NamedKeys {
  readonly publicKey: string;
  /** The BLS key it must have; undefined: this cluster needs none of it. */
  readonly votes: string | undefined;
}

function namedKeys(config: ClusterConfig, owner: KeyOwner): NamedKeys {
  if (owner.role === 'client') {
    return { publicKey: requireClient(config, owner.id).publicKey, votes: undefined };
  }
  const { publicKey, bls } = requireMember(config, owner.id);
  return { publicKey, votes: config.signature === 'bls' ? bls?.publicKey : undefined };
}

function withDevelopmentBls(keyPair: KeyPair, owner: KeyOwner, { votes }: NamedKeys): OwnKeys {
  if (owner.role !== 'node' || votes === undefined) return keyPair;
  const bls = developmentVotingKey(owner.id);
  if (bls.publicKey === votes) return { ...keyPair, bls };
  throw new ConfigurationError(
    'KEY_FILE',
    `is missing: node ${owner.id} has a development key, but a BLS key of its own; allowed: the ` +
      'file with both',
  );
}

function readKeyFile(path: string, owner: KeyOwner, { publicKey, votes }: NamedKeys): OwnKeys {
  const setting = `key file ${shown(path)}`;
  const malformed = 'is not a key file made by "npm run keygen"';
  const fields = ['role', 'id', 'publicKey', 'secretKey', 'bls'];
  const json = parseSecretJson(readSecretFile(path, setting), setting, { malformed, fields });
  const keys = keysOf(json);
  // No error says what is in the file: errors are logged.
  if (keys === undefined) throw new ConfigurationError(setting, malformed);
  const named = `the cluster file names for ${owner.role} ${owner.id}`;
  if (keys.publicKey !== publicKey) {
    throw new ConfigurationError(setting, `holds another key than ${named}`);
  }
  if (votes !== undefined && keys.bls?.publicKey !== votes) {
    const held = keys.bls === undefined ? 'no BLS key, which' : 'another BLS key than';
    throw new ConfigurationError(setting, `holds ${held} ${named}`);
  }
  return keys;
}

/** @returns undefined when it is no key file */
function keysOf(json: unknown): OwnKeys | undefined {
  try {
    const { secretKey, bls } = keyFileSchema.parse(json);
    const keyPair = { publicKey: publicKeyOf(secretKey), secretKey };
    if (bls === undefined) return keyPair;
    return { ...keyPair, bls: votingKeyPairFromSeed(Buffer.from(bls.secretKey, 'base64url')) };
  } catch {
    return undefined;
  }
}

function developmentKeyOf(owner: KeyOwner): KeyPair {
  return owner.role === 'node'
    ? developmentKey('node', owner.id)
    : developmentKey('client', owner.id);
}
