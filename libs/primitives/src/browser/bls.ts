/**
 * BLS12-381 in plain JavaScript, some forty times slower than Node's. It is stricter in one thing: a
 * point outside its group is refused wherever one is read, not only where that is asked for.
 */

import { bls12_381 } from '@noble/curves/bls12-381.js';
import { extract, expand } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, randomBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Bls, BlsPublicKey, BlsSecretKey, BlsSignature } from '../port.js';

const { G1, G2, longSignatures } = bls12_381;
type G1Point = InstanceType<typeof G1.Point>;
type G2Point = InstanceType<typeof G2.Point>;

const CIPHERSUITE = 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_';
const ORDER = bls12_381.fields.Fr.ORDER;
const MIN_SEED_BYTES = 32;
const COEFFICIENT_BYTES = 8;

class SecretKey implements BlsSecretKey {
  constructor(private readonly scalar: bigint) {}

  toPublicKey(): PublicKey {
    return new PublicKey(G1.Point.BASE.multiply(this.scalar));
  }

  sign(message: Uint8Array): Signature {
    return new Signature(hashed(message).multiply(this.scalar));
  }
}

class PublicKey implements BlsPublicKey {
  constructor(readonly point: G1Point) {}

  toBytes(): Uint8Array {
    return this.point.toBytes(true);
  }
}

class Signature implements BlsSignature {
  constructor(readonly point: G2Point) {}

  toBytes(compress = true): Uint8Array {
    return this.point.toBytes(compress);
  }
}

/** Of the keys and signatures that it is given, all came from it. */
export const bls: Bls = {
  secretKeyFrom,
  publicKeyFrom: (bytes) => new PublicKey(notZero(G1.Point.fromBytes(bytes))),
  signatureFrom,
  verify,
  verifyAll: (signed: Parameters<Bls['verifyAll']>[0]) =>
    signed.every(({ msg, pk, sig }) => verify(msg, pk as PublicKey, sig as Signature)),
  verifySum: (message, keys: readonly PublicKey[], signature: Signature) =>
    keys.length > 0 && verify(message, sumOfKeys(keys), signature),
  addKeys: sumOfKeys,
  addSignatures: (signatures) => sumOf(signatures.map(readSignature)),
  /** An odd coefficient is never zero. */
  addWithRandomness(votes) {
    const weighed = votes.map(({ pk, sig }) => {
      const coefficient = bigEndian(randomBytes(COEFFICIENT_BYTES)) | 1n;
      return {
        pk: new PublicKey((pk as PublicKey).point.multiplyUnsafe(coefficient)),
        sig: new Signature(signatureFrom(sig).point.multiplyUnsafe(coefficient)),
      };
    });
    return {
      pk: sumOfKeys(weighed.map(({ pk }) => pk)),
      sig: sumOf(weighed.map(({ sig }) => sig)),
    };
  },
};

function secretKeyFrom(seed: Uint8Array): SecretKey {
  if (seed.length < MIN_SEED_BYTES) throw new Error(`a seed has at least ${MIN_SEED_BYTES} bytes`);
  let salt = sha256(utf8ToBytes('BLS-SIG-KEYGEN-SALT-'));
  const material = concatBytes(seed, Uint8Array.of(0));
  for (;;) {
    const okm = expand(sha256, extract(sha256, material, salt), Uint8Array.of(0, 48), 48);
    const scalar = bigEndian(okm) % ORDER;
    if (scalar !== 0n) return new SecretKey(scalar);
    salt = sha256(salt);
  }
}

function signatureFrom(bytes: Uint8Array): Signature {
  return new Signature(notZero(readSignature(bytes).point));
}

/** Zero as well. */
function readSignature(bytes: Uint8Array): Signature {
  return new Signature(G2.Point.fromBytes(bytes));
}

function verify(message: Uint8Array, { point: key }: PublicKey, signature: Signature): boolean {
  if (key.is0() || signature.point.is0()) return false;
  return longSignatures.verify(signature.point, hashed(message), key);
}

function sumOfKeys(keys: readonly PublicKey[]): PublicKey {
  requireSome(keys);
  return new PublicKey(keys.reduce((sum, { point }) => sum.add(point), G1.Point.ZERO));
}

function sumOf(signatures: readonly Signature[]): Signature {
  requireSome(signatures);
  return new Signature(signatures.reduce((sum, { point }) => sum.add(point), G2.Point.ZERO));
}

function notZero<P extends G1Point | G2Point>(point: P): P {
  if (point.is0()) throw new Error('zero is no key and no signature');
  return point;
}

function hashed(message: Uint8Array): G2Point {
  return longSignatures.hash(message, CIPHERSUITE);
}

function bigEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

function requireSome(items: readonly unknown[]): void {
  if (items.length === 0) throw new Error('there is nothing to add up');
}
