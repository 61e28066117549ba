import sodium from 'sodium-native';

const MESSAGE = Buffer.alloc(96, 'm');

export interface SignatureSpeed {
  /** Microseconds for one Ed25519 signature. */
  readonly sign: number;
  readonly check: number;
}

/** Signs and checks `rounds` times with the library itself. */
export function signatureSpeed(rounds: number): SignatureSpeed {
  const publicKey = Buffer.alloc(sodium.crypto_sign_PUBLICKEYBYTES);
  const secretKey = Buffer.alloc(sodium.crypto_sign_SECRETKEYBYTES);
  const signature = Buffer.alloc(sodium.crypto_sign_BYTES);
  sodium.crypto_sign_keypair(publicKey, secretKey);
  const sign = microsecondsOf(rounds, () =>
    sodium.crypto_sign_detached(signature, MESSAGE, secretKey),
  );
  const check = microsecondsOf(rounds, () =>
    sodium.crypto_sign_verify_detached(signature, MESSAGE, publicKey),
  );
  return { sign, check };
}

function microsecondsOf(rounds: number, act: () => void): number {
  for (let round = 0; round < rounds / 10; round += 1) act();
  const startedMs = performance.now();
  for (let round = 0; round < rounds; round += 1) act();
  return ((performance.now() - startedMs) * 1000) / rounds;
}
