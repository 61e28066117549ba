/**
 * The part of @chainsafe/blst that the project uses, for browsers: some forty times slower. It is
 * stricter in one thing: a point outside its group is refused wherever one is read, not only where
 * that is asked for.
 */

import { bls12_381 } from '@noble/curves/bls12-381.js';
import { extract, expand } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, randomBytes, utf8ToBytes } from '@noble/hashes/utils.js';

const { G1, G2, longSignatures } = bls12_381;
type G1Point = InstanceType<typeof G1.Point>;
type G2Point = InstanceType<typeof G2.Point>;

const CIPHERSUITE = 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_';
const ORDER = bls12_381.fields.Fr.ORDER;
/** Coefficients of a sum of signatures: see `libs/crypto/src/bls-scheme.ts`. */
const COEFFICIENT_BYTES = 8;

class SecretKey {
  private constructor(private readonly scalar: bigint) {}

  /** KeyGen of the IETF draft, section 2.3. @throws for a seed of less than 32 bytes */
  static fromKeygen(seed: Uint8Array): SecretKey {
    if (seed.length < 32) throw new Error('BLST_BAD_ENCODING');
    let salt = sha256(utf8ToBytes('BLS-SIG-KEYGEN-SALT-'));
    const material = concatBytes(seed, Uint8Array.of(0));
    for (;;) {
      const okm = expand(sha256, extract(sha256, material, salt), Uint8Array.of(0, 48), 48);
      const scalar = bigEndian(okm) % ORDER;
      if (scalar !== 0n) return new SecretKey(scalar);
      salt = sha256(salt);
    }
  }

  toPublicKey(): PublicKey {
    return new PublicKey(G1.Point.BASE.multiply(this.scalar));
  }

  sign(message: Uint8Array): Signature {
    return new Signature(hashed(message).multiply(this.scalar));
  }
}

class PublicKey {
  constructor(readonly point: G1Point) {}

  /** @param validate whether zero is refused. @throws for what is no point of the group */
  static fromBytes(bytes: Uint8Array, validate = false): PublicKey {
    const point = G1.Point.fromBytes(bytes);
    if (validate && point.is0()) throw new Error('BLST_PK_IS_INFINITY');
    return new PublicKey(point);
  }

  toBytes(compress = true): Uint8Array {
    return this.point.toBytes(compress);
  }
}

class Signature {
  constructor(readonly point: G2Point) {}

  /** @throws for what is no point of the group; for zero as well if both are asked for */
  static fromBytes(bytes: Uint8Array, validate = false, refuseZero = true): Signature {
    const point = G2.Point.fromBytes(bytes);
    if (validate && refuseZero && point.is0()) throw new Error('BLST_PK_IS_INFINITY');
    return new Signature(point);
  }

  toBytes(compress = true): Uint8Array {
    return this.point.toBytes(compress);
  }
}

function verify(message: Uint8Array, { point: key }: PublicKey, signature: Signature): boolean {
  if (key.is0() || signature.point.is0()) return false;
  return longSignatures.verify(signature.point, hashed(message), key);
}

/** @throws without keys */
function aggregatePublicKeys(keys: readonly PublicKey[]): PublicKey {
  requireSome(keys);
  return new PublicKey(keys.reduce((sum, { point }) => sum.add(point), G1.Point.ZERO));
}

/** @throws without signatures */
function aggregateSignatures(signatures: readonly Signature[]): Signature {
  requireSome(signatures);
  return new Signature(signatures.reduce((sum, { point }) => sum.add(point), G2.Point.ZERO));
}

function aggregateSerializedSignatures(signatures: readonly Uint8Array[]): Signature {
  return aggregateSignatures(signatures.map((bytes) => Signature.fromBytes(bytes)));
}

/** Sums of keys and signatures with the same random coefficients. @throws as `fromBytes` */
function aggregateWithRandomness(
  sets: readonly { readonly pk: PublicKey; readonly sig: Uint8Array }[],
): { readonly pk: PublicKey; readonly sig: Signature } {
  const weighed = sets.map(({ pk, sig }) => {
    const coefficient = bigEndian(randomBytes(COEFFICIENT_BYTES)) | 1n;
    const { point } = Signature.fromBytes(sig, true);
    return {
      pk: new PublicKey(pk.point.multiplyUnsafe(coefficient)),
      sig: new Signature(point.multiplyUnsafe(coefficient)),
    };
  });
  return {
    pk: aggregatePublicKeys(weighed.map(({ pk }) => pk)),
    sig: aggregateSignatures(weighed.map(({ sig }) => sig)),
  };
}

/** Whether all hold. */
function verifyMultipleAggregateSignatures(
  sets: readonly {
    readonly msg: Uint8Array;
    readonly pk: PublicKey;
    readonly sig: Signature;
  }[],
): boolean {
  return sets.every(({ msg, pk, sig }) => verify(msg, pk, sig));
}

function fastAggregateVerify(
  message: Uint8Array,
  keys: readonly PublicKey[],
  signature: Signature,
): boolean {
  return keys.length > 0 && verify(message, aggregatePublicKeys(keys), signature);
}

/** An object whose functions can be replaced, as that of the package can. */
const blst = {
  SecretKey,
  PublicKey,
  Signature,
  verify,
  aggregatePublicKeys,
  aggregateSignatures,
  aggregateSerializedSignatures,
  aggregateWithRandomness,
  verifyMultipleAggregateSignatures,
  fastAggregateVerify,
};

export default blst;

function hashed(message: Uint8Array): G2Point {
  return longSignatures.hash(message, CIPHERSUITE);
}

function bigEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

function requireSome(items: readonly unknown[]): void {
  if (items.length === 0) throw new Error('BLST_AGGR_TYPE_MISMATCH');
}
