/** The part of sodium-native that the project uses, for browsers. */

import {
  PUBLIC_KEY_BYTES,
  SEED_BYTES,
  SIGNATURE_BYTES,
  holds,
  publicKeyOf,
  sign,
} from './ed25519.js';

type Bytes = Uint8Array;

const SECRET_KEY_BYTES = SEED_BYTES + PUBLIC_KEY_BYTES;

/** An object whose functions can be replaced, as that of the package can. */
const sodium = {
  crypto_sign_BYTES: SIGNATURE_BYTES,
  crypto_sign_PUBLICKEYBYTES: PUBLIC_KEY_BYTES,
  crypto_sign_SECRETKEYBYTES: SECRET_KEY_BYTES,
  crypto_sign_SEEDBYTES: SEED_BYTES,

  crypto_sign_seed_keypair(publicKey: Bytes, secretKey: Bytes, seed: Bytes): void {
    requireLength('publicKey', publicKey, PUBLIC_KEY_BYTES);
    requireLength('secretKey', secretKey, SECRET_KEY_BYTES);
    requireLength('seed', seed, SEED_BYTES);
    publicKey.set(publicKeyOf(seed));
    secretKey.set(seed);
    secretKey.set(publicKey, SEED_BYTES);
  },

  crypto_sign_detached(signature: Bytes, message: Bytes, secretKey: Bytes): void {
    requireLength('signature', signature, SIGNATURE_BYTES);
    requireLength('secretKey', secretKey, SECRET_KEY_BYTES);
    signature.set(sign(message, secretKey.subarray(0, SEED_BYTES)));
  },

  crypto_sign_verify_detached(signature: Bytes, message: Bytes, publicKey: Bytes): boolean {
    requireLength('signature', signature, SIGNATURE_BYTES);
    requireLength('publicKey', publicKey, PUBLIC_KEY_BYTES);
    return holds(signature, message, publicKey);
  },

  randombytes_buf(buffer: Uint8Array<ArrayBuffer>): void {
    crypto.getRandomValues(buffer);
  },
};

export default sodium;

function requireLength(name: string, bytes: Bytes, length: number): void {
  if (bytes.length !== length) throw new Error(`${name} must be ${length} bytes long`);
}
