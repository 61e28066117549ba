/**
 * In a simulation all replicas check the same few signatures, one after another, and that is most
 * of its work. Here each (message, signature, key) is checked once, for real, and remembered.
 * Checking is a pure function, so the outcome is the same.
 */

import { bls, bytes, ed25519 } from '@ccro/primitives';

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
  const verify = ed25519.verify.bind(ed25519);
  const remember = memory<boolean>();
  const remembering: typeof verify = (signature, message, publicKey) =>
    remember(keyOf(signature, publicKey, message), () => verify(signature, message, publicKey));
  Object.assign(ed25519, { verify: remembering });
}

/** A group's weights differ each time, and make no difference: the first ones are kept as well. */
function rememberBls(): void {
  const verify = bls.verify.bind(bls);
  const addWithRandomness = bls.addWithRandomness.bind(bls);
  const rememberOutcome = memory<boolean>();
  const rememberSum = memory<ReturnType<typeof addWithRandomness>>();
  const remembering: typeof verify = (message, publicKey, signature) => {
    const key = keyOf(signature.toBytes(), publicKey.toBytes(), message);
    return rememberOutcome(key, () => verify(message, publicKey, signature));
  };
  const addingOnce: typeof addWithRandomness = (sets) => {
    const key = keyOf(...sets.flatMap(({ pk, sig }) => [pk.toBytes(), sig]));
    return rememberSum(key, () => addWithRandomness(sets));
  };
  Object.assign(bls, { verify: remembering, addWithRandomness: addingOnce });
}

function keyOf(...parts: readonly Uint8Array[]): string {
  return parts.map((part) => bytes.toText(part, 'latin1')).join('');
}
