/**
 * Ed25519 keys (RFC 8032) as files and configuration spell them: 32 bytes in base64url without
 * padding, 43 characters. A secret key is stored as its seed, from which everything else follows.
 */

import { bytes as port, ed25519 } from '@ccro/primitives';
import { countChecked, countMade } from './signature-counts.js';

const KEY_BYTES = 32;

/** The last character of 43 carries four bits only: any other spelling would not be canonical. */
const KEY_TEXT = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
/** The last character of 86 carries two bits only. */
const SIGNATURE_TEXT = /^[A-Za-z0-9_-]{85}[AQgw]$/;

/** What is wrong with a key that came from a file or from configuration. */
export type KeyErrorCode =
  | 'malformed-public-key'
  | 'malformed-secret-key'
  | 'malformed-seed'
  | 'duplicate-member-key'
  | 'possession-not-proven';

/** A key cannot be used. `code` is for programs, the message says what to do. */
export class KeyError extends Error {
  constructor(
    readonly code: KeyErrorCode,
    detail: string,
  ) {
    super(`${code}: ${detail}`);
    this.name = 'KeyError';
  }
}

/** Both halves as base64url text; `secretKey` is the 32-byte seed. */
export interface KeyPair {
  readonly publicKey: string;
  readonly secretKey: string;
}

/** A fresh key pair from the operating system's randomness. */
export function generateKeyPair(): KeyPair {
  return keyPairFromSeed(randomSeed());
}

/** 32 bytes of the operating system's randomness. */
export function randomSeed(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(KEY_BYTES));
}

/**
 * The key pair that belongs to `seed`, always the same one.
 *
 * @param seed 32 bytes
 * @throws KeyError `malformed-seed` when it has another length
 */
export function keyPairFromSeed(seed: Uint8Array): KeyPair {
  if (seed.length !== KEY_BYTES) {
    throw new KeyError('malformed-seed', `a seed is ${KEY_BYTES} bytes, not ${seed.length}`);
  }
  const { publicKey } = ed25519.keysOf(seed);
  return { publicKey: base64url(publicKey), secretKey: base64url(seed) };
}

/** @throws KeyError `malformed-secret-key` unless it is 32 bytes in canonical base64url */
export function publicKeyOf(secretKey: string): string {
  return base64url(ed25519.keysOf(parseSeed(secretKey)).publicKey);
}

/**
 * @returns the 32 bytes of a public key
 * @throws KeyError `malformed-public-key` unless it is 32 bytes in canonical base64url
 */
export function parsePublicKey(publicKey: string): Uint8Array {
  return parseKey(publicKey, 'malformed-public-key');
}

/**
 * @returns the 64 bytes that `signBytes` takes
 * @throws KeyError `malformed-secret-key` unless it is 32 bytes in canonical base64url
 */
export function parseSecretKey(secretKey: string): Uint8Array {
  return ed25519.keysOf(parseSeed(secretKey)).secretKey;
}

/** Signs `bytes` with an expanded secret key. @returns base64url, 86 characters */
export function signBytes(bytes: Uint8Array, secretKey: Uint8Array): string {
  countMade();
  return base64url(ed25519.sign(bytes, secretKey));
}

/** False for a wrong or malformed signature; never throws on what a peer can choose. */
export function signatureHolds(
  bytes: Uint8Array,
  signature: string,
  publicKey: Uint8Array,
): boolean {
  // A decoder takes more: without this check one signature would have several spellings.
  if (!SIGNATURE_TEXT.test(signature)) return false;
  countChecked();
  return ed25519.verify(port.from(signature, 'base64url'), bytes, publicKey);
}

/**
 * Parses the members' public keys, by replica id.
 *
 * @throws KeyError `malformed-public-key`, or `duplicate-member-key` when two members share one:
 *   votes do not name their signer, so a shared key would count twice towards a quorum
 */
export function memberKeys(members: readonly string[]): readonly Uint8Array[] {
  if (new Set(members).size < members.length) {
    throw new KeyError('duplicate-member-key', 'every member needs a key pair of its own');
  }
  return members.map(parsePublicKey);
}

/**
 * @returns the 32 bytes of a stored secret key
 * @throws KeyError `malformed-secret-key` unless it is 32 bytes in canonical base64url
 */
export function parseSeed(secretKey: string): Uint8Array {
  return parseKey(secretKey, 'malformed-secret-key');
}

/** The key itself never gets into the message: errors are logged. */
function parseKey(key: string, code: KeyErrorCode): Uint8Array {
  if (!KEY_TEXT.test(key)) {
    throw new KeyError(code, 'expected 43 characters of base64url (32 bytes)');
  }
  return port.from(key, 'base64url');
}

/** How keys and signatures are spelt. */
export function base64url(bytes: Uint8Array): string {
  return port.toText(bytes, 'base64url');
}
