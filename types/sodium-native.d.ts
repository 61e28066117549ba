/** The part of sodium-native this project uses; the package ships no types of its own. */
declare module 'sodium-native' {
  type Bytes = Uint8Array;

  interface SodiumNative {
    readonly crypto_sign_BYTES: number;
    readonly crypto_sign_PUBLICKEYBYTES: number;
    readonly crypto_sign_SECRETKEYBYTES: number;
    readonly crypto_sign_SEEDBYTES: number;

    /** Fills both buffers with a fresh Ed25519 key pair. */
    crypto_sign_keypair(publicKey: Bytes, secretKey: Bytes): void;
    /** Fills both buffers with the key pair of a 32-byte seed. */
    crypto_sign_seed_keypair(publicKey: Bytes, secretKey: Bytes, seed: Bytes): void;
    crypto_sign_ed25519_sk_to_pk(publicKey: Bytes, secretKey: Bytes): void;
    /** Throws when a buffer has the wrong size. */
    crypto_sign_detached(signature: Bytes, message: Bytes, secretKey: Bytes): void;
    /** False for a wrong signature; throws when a buffer has the wrong size. */
    crypto_sign_verify_detached(signature: Bytes, message: Bytes, publicKey: Bytes): boolean;

    readonly crypto_generichash_BYTES: number;
    crypto_generichash(output: Bytes, input: Bytes, key?: Bytes): void;

    randombytes_buf(buffer: Bytes): void;
    sodium_memcmp(left: Bytes, right: Bytes): boolean;
    sodium_memzero(buffer: Bytes): void;
  }

  const sodium: SodiumNative;
  export default sodium;
}
