/** Messages that nodes show as part of a JSON answer. Who shows them does not matter. */

import type { Decision } from '@ccro/consensus';
import { isRejected, type Verifier } from '@ccro/crypto';
import { bytes } from '@ccro/primitives';
import type { Decoded } from './codec.js';
import { json } from './json-codec.js';

/** Reads a message that stands as a value in some JSON. See `Codec.decode`. */
export function decodeShown(value: unknown, cluster: string): Decoded {
  return json.decode(bytes.fromUtf8(JSON.stringify(value) ?? ''), cluster);
}

/**
 * A decision that some node passed on, if it proves itself: well-formed, the batch belongs to the
 * digest, and a quorum signed the commit certificate. Then it does not matter who passed it on.
 */
export function verifiedDecision(
  value: unknown,
  cluster: string,
  verifier: Verifier,
): Decision | undefined {
  const { message } = decodeShown(value, cluster);
  if (message?.kind !== 'decision') return undefined;
  const verified = verifier.verify(message);
  return isRejected(verified) || verified.kind !== 'decision' ? undefined : verified;
}
