import { sha256 } from '@ccro/crypto';
import type { Call } from '../queue/request-queue.js';

/**
 * A call with `operations`, which is the same one as another if the key is.
 *
 * @param operations what is asked for, in order
 * @param key value of the caller's `Idempotency-Key`, if there is one
 */
export function callOf(operations: readonly string[], key: string | undefined): Call {
  if (key === undefined) return { operations };
  return { operations, idempotency: { key, fingerprint: sha256(JSON.stringify(operations)) } };
}
