/**
 * In a simulation all replicas check the same few signatures, one after another, and that is most
 * of its work. Here each (message, signature, key) is checked once, for real, and remembered.
 * Checking is a pure function, so nobody can tell the difference.
 */

import blst from '@chainsafe/blst';
import sodium from 'sodium-native';

/** More than one run has; a few megabytes. */
const REMEMBERED = 50_000;

export function rememberSignatures(): void {
  rememberEd25519();
  rememberBls();
}

/** Gives what is remembered under a key, or works it out. */
type Remember<T> = (key: string, compute: () => T) => T;

function memory<T>(): Remember<T> {
  const known = new Map<string, T>();
  return (key, compute) => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const value = compute();
    if (known.size >= REMEMBERED) known.clear();
    known.set(key, value);
    return value;
  };
}

function rememberEd25519(): void {
  type Verify = typeof sodium.crypto_sign_verify_detached;
  const verify: Verify = sodium.crypto_sign_verify_detached.bind(sodium);
  const remember = memory<boolean>();
  const remembering: Verify = (signature, message, publicKey) =>
    remember(keyOf(signature, publicKey, message), () => verify(signature, message, publicKey));
  Object.assign(sodium, { crypto_sign_verify_detached: remembering });
}

/** A group's weights differ each time, and make no difference: the first ones are kept as well. */
function rememberBls(): void {
  const { verify, aggregateWithRandomness } = blst;
  const rememberOutcome = memory<boolean>();
  const rememberSum = memory<ReturnType<typeof aggregateWithRandomness>>();
  const remembering: typeof verify = (message, publicKey, signature, ...checks) => {
    const key = keyOf(signature.toBytes(), publicKey.toBytes(), message);
    return rememberOutcome(key, () => verify(message, publicKey, signature, ...checks));
  };
  const addingOnce: typeof aggregateWithRandomness = (sets) => {
    const key = keyOf(...sets.flatMap(({ pk, sig }) => [pk.toBytes(), sig]));
    return rememberSum(key, () => aggregateWithRandomness(sets));
  };
  Object.assign(blst, { verify: remembering, aggregateWithRandomness: addingOnce });
}

function keyOf(...parts: readonly Uint8Array[]): string {
  return Buffer.concat(parts).toString('latin1');
}
