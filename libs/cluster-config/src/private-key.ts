import { publicKeyOf, type KeyPair } from '@ccro/crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { requireClient, requireMember, type ClusterConfig } from './cluster-config.js';
import { ConfigurationError, shown } from './configuration-error.js';
import { developmentKey } from './development.js';

/** Whose key it is. Replicas are nodes here: it is processes that hold keys. */
export type KeyOwner =
  { readonly role: 'node'; readonly id: number } | { readonly role: 'client'; readonly id: string };

const keyFileSchema = z.object({ secretKey: z.string() });

/** Name of the file that holds the key of `owner`, beside the cluster file. */
export function keyFileName({ role, id }: KeyOwner): string {
  return `${role}-${id}.key`;
}

/** The text of a key file. Whoever reads it can sign as its owner. */
export function formatKeyFile({ role, id }: KeyOwner, { publicKey, secretKey }: KeyPair): string {
  return `${JSON.stringify({ role, id, publicKey, secretKey }, null, 2)}\n`;
}

/**
 * The key pair of a node or a client of `config`: from `keyFile` if one is named, else from
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
}): KeyPair {
  const { config, configPath, owner, keyFile } = options;
  const { publicKey } =
    owner.role === 'node' ? requireMember(config, owner.id) : requireClient(config, owner.id);
  const beside = join(dirname(configPath), keyFileName(owner));
  const path = keyFile ?? (existsSync(beside) ? beside : undefined);
  if (path !== undefined) return readKeyFile(path, owner, publicKey);
  const development = developmentKeyOf(owner);
  if (development.publicKey === publicKey) return development;
  throw new ConfigurationError(
    'KEY_FILE',
    `is missing, and there is no ${shown(beside)}; allowed: the file with the key of ` +
      `${owner.role} ${owner.id}, made by "npm run keygen"`,
  );
}

function readKeyFile(path: string, owner: KeyOwner, publicKey: string): KeyPair {
  const setting = `key file ${shown(path)}`;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(setting, `cannot be read (${reason})`);
  }
  const keyPair = parseKeyFile(text);
  // Neither error says what is in the file: errors are logged.
  if (keyPair === undefined) {
    throw new ConfigurationError(setting, 'is not a key file made by "npm run keygen"');
  }
  if (keyPair.publicKey !== publicKey) {
    throw new ConfigurationError(
      setting,
      `holds another key than the cluster file names for ${owner.role} ${owner.id}`,
    );
  }
  return keyPair;
}

/** @returns undefined when it is no key file */
function parseKeyFile(text: string): KeyPair | undefined {
  try {
    const { secretKey } = keyFileSchema.parse(JSON.parse(text));
    return { publicKey: publicKeyOf(secretKey), secretKey };
  } catch {
    return undefined;
  }
}

function developmentKeyOf(owner: KeyOwner): KeyPair {
  return owner.role === 'node'
    ? developmentKey('node', owner.id)
    : developmentKey('client', owner.id);
}
