/**
 * BLS12-381 keys, with which members sign votes where certificates are aggregates: public keys in
 * G1 (48 bytes), signatures in G2 (96 bytes), the ciphersuite with proofs of possession of the
 * IETF draft (BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_).
 *
 * Invariant kept here (certificates): `VotingKeys` holds only keys whose owner has shown that it
 * holds the secret. Without that a member could name a key made of the others' keys and alone
 * "sign" for all of them (the rogue-key attack).
 */

import { bls, type BlsPublicKey, type BlsSignature, bytes as port } from '@ccro/primitives';
import { base64url, KeyError, parseSeed, randomSeed } from './keys.js';
import { countMade } from './signature-counts.js';
import { possessionBytes } from './signing-bytes.js';

/** 48 bytes in base64url: every spelling is canonical. */
const PUBLIC_KEY_TEXT = /^[A-Za-z0-9_-]{64}$/;
/** 96 bytes in base64url: every spelling is canonical. */
const SIGNATURE_TEXT = /^[A-Za-z0-9_-]{128}$/;
/** 192 bytes in base64url: every spelling is canonical. */
const VOTE_SIGNATURE_TEXT = /^[A-Za-z0-9_-]{256}$/;

/** A public key and the signature under itself that shows that its owner holds the secret. */
export interface ProvenKey {
  /** Base64url, 64 characters. */
  readonly publicKey: string;
  /** Base64url, 128 characters. */
  readonly possession: string;
}

/** All that belongs to one member's BLS key; `secretKey` is the 32-byte seed in base64url. */
export interface VotingKeyPair extends ProvenKey {
  readonly secretKey: string;
}

/** A fresh BLS key pair from the operating system's randomness. */
export function generateVotingKeyPair(): VotingKeyPair {
  return votingKeyPairFromSeed(randomSeed());
}

/**
 * The BLS key pair that belongs to `seed`, always the same one.
 *
 * @param seed 32 bytes, never that of an Ed25519 key
 */
export function votingKeyPairFromSeed(seed: Uint8Array): VotingKeyPair {
  const secretKey = base64url(seed);
  const secret = bls.secretKeyFrom(parseSeed(secretKey));
  const publicKey = secret.toPublicKey().toBytes();
  const possession = secret.sign(possessionBytes(publicKey)).toBytes();
  return { publicKey: base64url(publicKey), secretKey, possession: base64url(possession) };
}

/**
 * What signs votes with one member's BLS key, in base64url of 256 characters. Votes travel
 * uncompressed: each is read once or twice, and finding the second coordinate costs a third of
 * checking one in a group.
 *
 * @throws KeyError for a malformed secret key
 */
export function voteSigner(secretKey: string): (bytes: Uint8Array) => string {
  const secret = bls.secretKeyFrom(parseSeed(secretKey));
  return (bytes) => {
    countMade();
    return base64url(secret.sign(bytes).toBytes(false));
  };
}

/** The bytes of a vote's signature, or undefined for a text that cannot be one. */
export function voteSignatureBytes(signature: string): Uint8Array | undefined {
  return VOTE_SIGNATURE_TEXT.test(signature) ? port.from(signature, 'base64url') : undefined;
}

/** The bytes of any other signature, or undefined for a text that cannot be one. */
export function blsSignatureBytes(signature: string): Uint8Array | undefined {
  return SIGNATURE_TEXT.test(signature) ? port.from(signature, 'base64url') : undefined;
}

/** Undefined unless it is a point of G2 other than zero. */
export function parseBlsSignature(bytes: Uint8Array | undefined): BlsSignature | undefined {
  if (bytes === undefined) return undefined;
  try {
    return bls.signatureFrom(bytes);
  } catch {
    return undefined;
  }
}

/** The BLS keys of all members, parsed once, possession of each one proven. */
export class VotingKeys {
  private constructor(
    /** By replica id. */
    readonly parsed: readonly BlsPublicKey[],
    /** The same as texts. */
    readonly publicKeys: readonly string[],
  ) {}

  /** Number of members. */
  get size(): number {
    return this.parsed.length;
  }

  /**
   * Checks the members' keys, about 600 µs each.
   *
   * @param members by replica id
   * @throws KeyError naming the member whose key is malformed, not its own, or not proven
   */
  static prove(members: readonly ProvenKey[]): VotingKeys {
    const texts = members.map(({ publicKey }) => publicKey);
    if (new Set(texts).size < texts.length) {
      throw new KeyError('duplicate-member-key', 'every member needs a BLS key of its own');
    }
    const parsed = texts.map(parseVotingKey);
    const proofs = parsed.map((pk, member) => {
      const msg = possessionBytes(pk.toBytes());
      const sig = parseBlsSignature(blsSignatureBytes(members[member]?.possession ?? ''));
      if (sig === undefined) throw notProven(member);
      return { pk, msg, sig };
    });
    if (proofs.length > 0 && !bls.verifyAll(proofs)) {
      const member = proofs.findIndex(({ pk, msg, sig }) => !bls.verify(msg, pk, sig));
      throw notProven(member);
    }
    return new VotingKeys(parsed, texts);
  }
}

function parseVotingKey(publicKey: string, member: number): BlsPublicKey {
  const problem = (): KeyError =>
    new KeyError('malformed-public-key', `the BLS key of member ${member} is not a point of G1`);
  if (!PUBLIC_KEY_TEXT.test(publicKey)) throw problem();
  try {
    return bls.publicKeyFrom(port.from(publicKey, 'base64url'));
  } catch {
    throw problem();
  }
}

function notProven(member: number): KeyError {
  return new KeyError(
    'possession-not-proven',
    `member ${member} has not shown that it holds its BLS key; "npm run keygen" makes the proof`,
  );
}
