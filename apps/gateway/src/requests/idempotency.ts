import { sha256 } from '@ccro/crypto';
import type { Idempotency } from './request-record.js';

/**
 * What makes a call the same one as another.
 *
 * @param key value of the caller's `Idempotency-Key`, if there is one
 * @param operations what is asked for, in order
 */
export function idempotencyOf(
  key: string | undefined,
  operations: readonly string[],
): Idempotency | undefined {
  if (key === undefined) return undefined;
  return { key, fingerprint: sha256(JSON.stringify(operations)) };
}
