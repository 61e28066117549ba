/**
 * What the libraries need from the platform: hashes, signatures, and texts that spell bytes.
 * There are two sides, which give the same result for every input (`primitives.spec.ts` compares them): Node's,
 * in native code, and the browser's, in JavaScript. Importing `@ccro/primitives` gives Node's; the
 * build of a page takes `browser.ts` in its place.
 */

/** How a text spells bytes; base64url without padding. */
export type Encoding = 'hex' | 'base64url';

/**
 * Bytes and texts. Bytes that come from here may be a Node `Buffer`: they have what any `Uint8Array`
 * has, but `slice` does not copy.
 */
export interface Bytes {
  /** So many bytes, of any content. */
  allocate(size: number): Uint8Array;
  equal(a: Uint8Array, b: Uint8Array): boolean;

  fromUtf8(text: string): Uint8Array;
  /** Bytes of `text` in UTF-8. */
  utf8Length(text: string): number;
  /** Writes `text` in UTF-8, which must fit. @returns how many bytes that were */
  putUtf8(target: Uint8Array, offset: number, text: string): number;

  /** @throws RangeError for a text that spells no bytes */
  from(text: string, encoding: Encoding): Uint8Array;
  /** @throws RangeError unless `text` spells exactly `size` bytes, and there is room for them */
  put(target: Uint8Array, offset: number, size: number, text: string, encoding: Encoding): void;
  /** @param encoding `latin1`: a character for each byte */
  toText(bytes: Uint8Array, encoding: Encoding | 'latin1', start?: number, end?: number): string;
}

/** SHA-256; of texts, that of their UTF-8. */
export interface Hashes {
  /** In lower-case hexadecimal digits. */
  sha256(data: Uint8Array | string): string;
  /** Writes the 32 bytes of the hash into `target`. */
  putSha256(target: Uint8Array, offset: number, data: Uint8Array): void;
  /** For what comes piece by piece. */
  runningSha256(): RunningHash;
}

export interface RunningHash {
  add(text: string): void;
  /** Of all so far, in lower-case hexadecimal digits. */
  hex(): string;
}

/**
 * Ed25519 (RFC 8032) by libsodium's rules: S is reduced, the key is spelt in the one proper way, neither
 * it nor R is of small order, and R is found again byte for byte.
 */
export interface Ed25519 {
  /** @param seed 32 bytes. @returns 32 bytes, and the 64 that `sign` takes */
  keysOf(seed: Uint8Array): { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };
  /** @returns 64 bytes */
  sign(message: Uint8Array, secretKey: Uint8Array): Uint8Array;
  /** @param signature 64 bytes. @param publicKey 32 bytes */
  verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
  /**
   * Verifies by other code than `verify` does, which asks less of key and R: for who checks what
   * others have checked.
   */
  otherVerifier(publicKey: Uint8Array): (signature: Uint8Array, message: Uint8Array) => boolean;
}

export interface BlsSecretKey {
  toPublicKey(): BlsPublicKey;
  sign(message: Uint8Array): BlsSignature;
}

/** A point of G1. */
export interface BlsPublicKey {
  /** 48 bytes. */
  toBytes(): Uint8Array;
}

/** A point of G2. */
export interface BlsSignature {
  /** 96 bytes; 192 if not compressed. */
  toBytes(compress?: boolean): Uint8Array;
}

/**
 * BLS12-381 with public keys in G1, in the ciphersuite with proofs of possession of the IETF draft
 * (BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_).
 */
export interface Bls {
  /** KeyGen of the draft, section 2.3. @throws for a seed of less than 32 bytes */
  secretKeyFrom(seed: Uint8Array): BlsSecretKey;
  /** @throws for what is no point of G1, and for zero */
  publicKeyFrom(bytes: Uint8Array): BlsPublicKey;
  /** @throws for what is no point of G2, and for zero */
  signatureFrom(bytes: Uint8Array): BlsSignature;
  verify(message: Uint8Array, key: BlsPublicKey, signature: BlsSignature): boolean;
  /** Whether all hold. */
  verifyAll(signed: readonly BlsSigned[]): boolean;
  /** Whether the signature is the sum of one of each key on this message. */
  verifySum(message: Uint8Array, keys: readonly BlsPublicKey[], signature: BlsSignature): boolean;
  /** @throws without keys */
  addKeys(keys: readonly BlsPublicKey[]): BlsPublicKey;
  /** @throws without signatures, and for what is none */
  addSignatures(signatures: readonly Uint8Array[]): BlsSignature;
  /** Sums of keys and signatures with the same random coefficients of 64 bits. @throws as above */
  addWithRandomness(votes: readonly BlsVote[]): {
    readonly pk: BlsPublicKey;
    readonly sig: BlsSignature;
  };
}

export interface BlsSigned {
  readonly msg: Uint8Array;
  readonly pk: BlsPublicKey;
  readonly sig: BlsSignature;
}

/** A signature as it came from outside. */
export interface BlsVote {
  readonly pk: BlsPublicKey;
  readonly sig: Uint8Array;
}
