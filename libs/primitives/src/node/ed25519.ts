import { createPublicKey, verify } from 'node:crypto';
import sodium from 'sodium-native';
import type { Ed25519 } from '../port.js';

export const ed25519: Ed25519 = {
  keysOf(seed) {
    const publicKey = Buffer.alloc(sodium.crypto_sign_PUBLICKEYBYTES);
    const secretKey = Buffer.alloc(sodium.crypto_sign_SECRETKEYBYTES);
    sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed);
    return { publicKey, secretKey };
  },
  sign(message, secretKey) {
    const signature = Buffer.allocUnsafe(sodium.crypto_sign_BYTES);
    sodium.crypto_sign_detached(signature, message, secretKey);
    return signature;
  },
  verify: (signature, message, publicKey) =>
    sodium.crypto_sign_verify_detached(signature, message, publicKey),

  /** By OpenSSL. */
  otherVerifier(publicKey) {
    const x = Buffer.from(publicKey).toString('base64url');
    const jwk = { kty: 'OKP', crv: 'Ed25519', x };
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    return (signature, message) => verify(null, message, key, signature);
  },
};
