/**
 * The keys with which callers call the gateway. Files hold their hashes alone: a
 * key is shown once, when it is made, and cannot be found out from what is kept.
 */

import { hash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { isDigest } from '@ccro/consensus';
import { z } from 'zod';
import { ConfigurationError, notAllowed, shown } from './configuration-error.js';
import { changing, replaceFile } from './changed-file.js';
import { readSecretFile } from './secret-files.js';
import { parseSecretJson } from './secret-json.js';
import { wholeNumber } from './whole-number.js';

/** What a key allows; each includes the ones before it. */
export const API_ROLES = ['read', 'submit', 'admin'] as const;
export type ApiRole = (typeof API_ROLES)[number];

/** Limits above this are none: counting costs more than it saves. */
export const MAX_REQUESTS_PER_SECOND = 1000;
const MAX_KEYS = 10_000;
const KEY_BYTES = 32;
/** Searchable, should one be committed by mistake. */
const KEY_PREFIX = 'ccro_';

const NAME_RULE = '1 to 64 letters, digits, -, _ and .';
const HASH_RULE = 'the SHA-256 of a key: 64 hexadecimal digits';
const RATE_RULE = `an integer from 1 to ${MAX_REQUESTS_PER_SECOND}`;

const apiKeySchema = z.strictObject(
  {
    /** Whose it is; for people. */
    name: z.string(NAME_RULE).regex(/^[A-Za-z0-9_.-]{1,64}$/, NAME_RULE),
    role: z.enum(API_ROLES, API_ROLES.join(', ')),
    /** SHA-256 of the key, 64 hexadecimal digits. */
    sha256: z.string(HASH_RULE).refine(isDigest, HASH_RULE),
    /** Undefined: as many as the cluster has room for. */
    requestsPerSecond: z
      .int(RATE_RULE)
      .min(1, RATE_RULE)
      .max(MAX_REQUESTS_PER_SECOND, RATE_RULE)
      .optional(),
  },
  'an object with name, role, sha256 and perhaps requestsPerSecond, and nothing else',
);

const fileSchema = z.strictObject(
  { keys: z.array(apiKeySchema, 'a list of keys').max(MAX_KEYS, `at most ${MAX_KEYS} keys`) },
  'an object with keys, and nothing else',
);

/** A key as the gateway knows it. */
export type ApiKey = Readonly<z.infer<typeof apiKeySchema>>;

/** A key that is to be made. */
export type ApiKeyPlan = Omit<ApiKey, 'sha256'>;

/** A key just made: the only time that it is known. */
export type IssuedApiKey = Pick<ApiKey, 'name' | 'role'> & { readonly key: string };

/** The digest by which a key is known. */
export function apiKeyDigest(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}

/** Makes a key. @returns it, and what is kept of it */
export function newApiKey(plan: ApiKeyPlan): { readonly key: string; readonly entry: ApiKey } {
  const key = `${KEY_PREFIX}${randomBytes(KEY_BYTES).toString('base64url')}`;
  return { key, entry: { ...plan, sha256: apiKeyDigest(key).toString('hex') } };
}

/**
 * Reads a file of keys.
 *
 * @throws ConfigurationError naming the file and what is wrong with it
 */
export function loadApiKeys(path: string): readonly ApiKey[] {
  const setting = `API keys file ${shown(path)}`;
  const allowed = '; allowed: a file made by "npm run keygen -- --api-keys FILE"';
  const json = parseSecretJson(readSecretFile(path, setting, allowed), setting, {
    malformed: `is not JSON${allowed}`,
    fields: ['keys', ...Object.keys(apiKeySchema.shape)],
  });
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue === undefined || issue.path.length === 0 ? 'it' : issue.path.join('.');
    throw new ConfigurationError(setting, `: ${field} must be ${issue?.message ?? 'valid'}`);
  }
  const { keys } = parsed.data;
  if (keys.length === 0) {
    throw new ConfigurationError(setting, 'holds no key, so no call would be accepted; add one');
  }
  checkDistinct(setting, keys);
  return keys;
}

/**
 * Makes keys and adds them to a file, which is made if it is not there, for its owner alone to read.
 *
 * @returns the keys, which nobody can be told again
 * @throws ConfigurationError for an invalid plan, a name that is taken, or a file that is wrong or that
 *   another process changes
 */
export function addApiKeys(path: string, plans: readonly ApiKeyPlan[]): IssuedApiKey[] {
  return changing(path, (file) => addTo(file, plans));
}

function addTo(path: string, plans: readonly ApiKeyPlan[]): IssuedApiKey[] {
  const known = existsSync(path) ? loadApiKeys(path) : [];
  const made = plans.map((plan) => newApiKey(plan));
  const keys = [...known, ...made.map(({ entry }) => entry)];
  const parsed = fileSchema.safeParse({ keys });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ConfigurationError('--api-key', `must have ${issue?.message ?? 'another form'}`);
  }
  checkDistinct('--api-key', keys);
  replaceFile(path, `${JSON.stringify({ keys }, null, 2)}\n`);
  return made.map(({ key, entry: { name, role } }) => ({ name, role, key }));
}

/**
 * A plan as it is typed: `name:role` or `name:role:requests-per-second`.
 *
 * @throws ConfigurationError
 */
export function parseApiKeyPlan(text: string): ApiKeyPlan {
  const [name = '', role = '', rate, ...rest] = text.split(':');
  const known = API_ROLES.find((each) => each === role);
  if (known === undefined || rest.length > 0) {
    const allowed = `NAME:ROLE or NAME:ROLE:REQUESTS-PER-SECOND, a role being ${API_ROLES.join(', ')}`;
    throw notAllowed('--api-key', text, allowed);
  }
  if (rate === undefined) return { name, role: known };
  const requestsPerSecond = wholeNumber(rate);
  if (requestsPerSecond !== undefined) return { name, role: known, requestsPerSecond };
  throw notAllowed('--api-key', text, `REQUESTS-PER-SECOND: ${RATE_RULE}`);
}

function checkDistinct(setting: string, keys: readonly ApiKey[]): void {
  for (const field of ['name', 'sha256'] as const) {
    const seen = new Set<string>();
    for (const key of keys) {
      if (seen.has(key[field])) {
        throw new ConfigurationError(setting, `names ${key.name} twice; each key once`);
      }
      seen.add(key[field]);
    }
  }
}
