/**
 * Ed25519 keys (RFC 8032) as files and configuration spell them: 32 bytes in base64url without
 * padding, 43 characters. A secret key is stored as its seed, from which everything else follows.
 */

import sodium from 'sodium-native';
import { countChecked, countMade } from './signature-counts.js';

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

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
export function randomSeed(): Buffer {
  const seed = Buffer.alloc(KEY_BYTES);
  sodium.randombytes_buf(seed);
  return seed;
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
  const { publicKey } = expandSeed(seed);
  return {
    publicKey: publicKey.toString('base64url'),
    secretKey: Buffer.from(seed).toString('base64url'),
  };
}

/** @throws KeyError `malformed-secret-key` unless it is 32 bytes in canonical base64url */
export function publicKeyOf(secretKey: string): string {
  return expandSeed(parseSeed(secretKey)).publicKey.toString('base64url');
}

/**
 * @returns the 32 bytes of a public key
 * @throws KeyError `malformed-public-key` unless it is 32 bytes in canonical base64url
 */
export function parsePublicKey(publicKey: string): Buffer {
  if (!KEY_TEXT.test(publicKey)) {
    throw new KeyError('malformed-public-key', 'expected 43 characters of base64url (32 bytes)');
  }
  return Buffer.from(publicKey, 'base64url');
}

/**
 * @returns the 64 bytes sodium signs with: seed and public key
 * @throws KeyError `malformed-secret-key` unless it is 32 bytes in canonical base64url
 */
export function parseSecretKey(secretKey: string): Buffer {
  return expandSeed(parseSeed(secretKey)).secretKey;
}

/** Signs `bytes` with an expanded secret key. @returns base64url, 86 characters */
export function signBytes(bytes: Uint8Array, secretKey: Uint8Array): string {
  countMade();
  const signature = Buffer.allocUnsafe(SIGNATURE_BYTES);
  sodium.crypto_sign_detached(signature, bytes, secretKey);
  return signature.toString('base64url');
}

/** False for a wrong or malformed signature; never throws on what a peer can choose. */
export function signatureHolds(
  bytes: Uint8Array,
  signature: string,
  publicKey: Uint8Array,
): boolean {
  // Node's decoder skips characters it does not know: without this check one signature would
  // have many spellings.
  if (!SIGNATURE_TEXT.test(signature)) return false;
  countChecked();
  const decoded = Buffer.from(signature, 'base64url');
  return sodium.crypto_sign_verify_detached(decoded, bytes, publicKey);
}

/**
 * @returns the 32 bytes of a stored secret key
 * @throws KeyError `malformed-secret-key` unless it is 32 bytes in canonical base64url
 */
export function parseSeed(secretKey: string): Buffer {
  // The key itself never gets into the message: errors are logged.
  if (!KEY_TEXT.test(secretKey)) {
    throw new KeyError('malformed-secret-key', 'expected 43 characters of base64url (32 bytes)');
  }
  return Buffer.from(secretKey, 'base64url');
}

function expandSeed(seed: Uint8Array): { publicKey: Buffer; secretKey: Buffer } {
  const publicKey = Buffer.alloc(sodium.crypto_sign_PUBLICKEYBYTES);
  const secretKey = Buffer.alloc(sodium.crypto_sign_SECRETKEYBYTES);
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed);
  return { publicKey, secretKey };
}
