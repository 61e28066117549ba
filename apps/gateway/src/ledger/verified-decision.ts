import type { Decision } from '@ccro/consensus';
import { isRejected, type Verifier } from '@ccro/crypto';
import { json } from '@ccro/wire';

/**
 * A decision that some node passed on, if it proves itself: well-formed, the batch belongs to the
 * digest, and a quorum signed the commit certificate. Then it does not matter who passed it on.
 */
export function verifiedDecision(
  value: unknown,
  cluster: string,
  verifier: Verifier,
): Decision | undefined {
  const decoded = json.decode(Buffer.from(JSON.stringify(value) ?? ''), cluster);
  if (decoded.message?.kind !== 'decision') return undefined;
  const verified = verifier.verify(decoded.message);
  return isRejected(verified) || verified.kind !== 'decision' ? undefined : verified;
}
