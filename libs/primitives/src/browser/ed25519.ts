/**
 * Ed25519 by libsodium's rules, in plain JavaScript. All replicas must agree on which signatures are
 * valid, so the rules are libsodium's own (`Ed25519` in `port.ts`). noble's `verify` is less strict: it
 * accepts an R that differs by a point of small order.
 */

import { ed25519 as curve } from '@noble/curves/ed25519.js';
import { equalBytes } from '@noble/curves/utils.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concatBytes } from '@noble/hashes/utils.js';
import type { Ed25519 } from '../port.js';

const SEED_BYTES = 32;
const PUBLIC_KEY_BYTES = 32;
const SECRET_KEY_BYTES = SEED_BYTES + PUBLIC_KEY_BYTES;
const SIGNATURE_BYTES = 64;

const { Point } = curve;
type Point = InstanceType<typeof Point>;
const ORDER = Point.Fn.ORDER;

export const ed25519: Ed25519 = {
  keysOf(seed) {
    requireLength('seed', seed, SEED_BYTES);
    const publicKey = curve.getPublicKey(seed);
    return { publicKey, secretKey: concatBytes(seed, publicKey) };
  },
  sign(message, secretKey) {
    requireLength('secretKey', secretKey, SECRET_KEY_BYTES);
    return curve.sign(message, secretKey.subarray(0, SEED_BYTES));
  },
  verify(signature, message, publicKey) {
    requireLength('signature', signature, SIGNATURE_BYTES);
    requireLength('publicKey', publicKey, PUBLIC_KEY_BYTES);
    return holds(signature, message, publicKey);
  },
  otherVerifier: (publicKey) => (signature, message) => holdsExactly(signature, message, publicKey),
};

/** By libsodium's rules. */
function holds(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  const parts = partsOf(signature, publicKey, false);
  if (parts === undefined || parts.key.isSmallOrder()) return false;
  const r = recoveredR(parts, signature, message, publicKey);
  return !r.isSmallOrder() && isSpelt(r, signature);
}

/** By OpenSSL's rules: nothing is asked of key and R but that they are points. */
function holdsExactly(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  const parts = partsOf(signature, publicKey, true);
  return (
    parts !== undefined && isSpelt(recoveredR(parts, signature, message, publicKey), signature)
  );
}

/** Whether R stands in the signature, byte for byte. */
function isSpelt(r: Point, signature: Uint8Array): boolean {
  return equalBytes(r.toBytes(), signature.subarray(0, 32));
}

interface Parts {
  readonly key: Point;
  readonly s: bigint;
}

function partsOf(
  signature: Uint8Array,
  publicKey: Uint8Array,
  anyEncoding: boolean,
): Parts | undefined {
  if (signature.length !== SIGNATURE_BYTES || publicKey.length !== PUBLIC_KEY_BYTES)
    return undefined;
  const s = littleEndian(signature.subarray(32));
  const key = s < ORDER ? pointOf(publicKey, anyEncoding) : undefined;
  return key === undefined ? undefined : { key, s };
}

/** The R that would make the signature hold: [S]B − [k]A. */
function recoveredR(
  { key, s }: Parts,
  signature: Uint8Array,
  message: Uint8Array,
  publicKey: Uint8Array,
): Point {
  const hash = sha512.create();
  hash.update(signature.subarray(0, 32)).update(publicKey).update(message);
  const k = littleEndian(hash.digest()) % ORDER;
  return Point.BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(k));
}

/** @param anyEncoding also one whose coordinate is not reduced */
function pointOf(bytes: Uint8Array, anyEncoding: boolean): Point | undefined {
  try {
    return Point.fromBytes(bytes, anyEncoding);
  } catch {
    return undefined;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes.toReversed()) value = (value << 8n) | BigInt(byte);
  return value;
}

/** As libsodium does. */
function requireLength(name: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new Error(`${name} must be ${length} bytes long`);
}
