/**
 * Ed25519 as libsodium takes it, in plain JavaScript. What is a signature and what is none decides
 * what a replica accepts, so the rules are libsodium's own: S is reduced, the key is spelt in the
 * one proper way, neither it nor R is of small order, and R is found again byte for byte
 * (`stand-ins.spec.ts` runs both on the same input). What noble's own `verify` asks is less: it
 * takes an R that differs by a point of small order.
 */

import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';

export const SEED_BYTES = 32;
export const PUBLIC_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

const { Point } = ed25519;
type Point = InstanceType<typeof Point>;
const ORDER = Point.Fn.ORDER;

export function publicKeyOf(seed: Uint8Array): Uint8Array {
  return ed25519.getPublicKey(seed);
}

export function sign(message: Uint8Array, seed: Uint8Array): Uint8Array {
  return ed25519.sign(message, seed);
}

/** By libsodium's rules. */
export function holds(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  const parts = partsOf(signature, publicKey, false);
  if (parts === undefined || parts.key.isSmallOrder()) return false;
  const r = recoveredR(parts, signature, message, publicKey);
  return !r.isSmallOrder() && isSpelt(r, signature);
}

/** By OpenSSL's rules: nothing is asked of key and R but that they are points. */
export function holdsExactly(
  signature: Uint8Array,
  message: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  const parts = partsOf(signature, publicKey, true);
  return (
    parts !== undefined && isSpelt(recoveredR(parts, signature, message, publicKey), signature)
  );
}

/** Whether R stands in the signature, byte for byte. */
function isSpelt(r: Point, signature: Uint8Array): boolean {
  return r.toBytes().every((byte, index) => byte === signature[index]);
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
