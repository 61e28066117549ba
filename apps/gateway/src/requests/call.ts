import { sha256 } from '@ccro/crypto';
import type { Caller } from '../auth/caller.js';
import type { Call } from '../queue/request-queue.js';

/**
 * A call with `operations`, which is the same one as another if caller and key are.
 *
 * @param operations what is asked for, in order
 * @param key value of the caller's `Idempotency-Key`, if there is one
 */
export function callOf(
  operations: readonly string[],
  { name: caller, owner }: Caller,
  key: string | undefined,
): Call {
  const call = { operations, caller, owner };
  if (key === undefined) return call;
  const fingerprint = sha256(JSON.stringify(operations));
  return { ...call, idempotency: { key: ownKey(key, owner), fingerprint } };
}

/** Neither a name nor a key has a space: no two callers ever have the same key. */
function ownKey(key: string, owner: string | undefined): string {
  return owner === undefined ? key : `${owner} ${key}`;
}
