/**
 * In a simulation all replicas check the same few signatures, one after another, and that is most
 * of its work. Here each (message, signature, key) is checked once, for real, and remembered.
 * Checking is a pure function, so nobody can tell the difference.
 */

import sodium from 'sodium-native';

/** More than one run has; a few megabytes. */
const REMEMBERED = 50_000;

type Verify = typeof sodium.crypto_sign_verify_detached;

export function rememberSignatures(): void {
  const checked = new Map<string, boolean>();
  const verify: Verify = sodium.crypto_sign_verify_detached.bind(sodium);
  const remembering: Verify = (signature, message, publicKey) => {
    const key = Buffer.concat([signature, publicKey, message]).toString('latin1');
    const known = checked.get(key);
    if (known !== undefined) return known;
    const holds = verify(signature, message, publicKey);
    if (checked.size >= REMEMBERED) checked.clear();
    checked.set(key, holds);
    return holds;
  };
  Object.assign(sodium, { crypto_sign_verify_detached: remembering });
}
