/**
 * Why something that came from outside was not used. A peer's fault is data: it is counted and
 * shown, never thrown. The first group is decided before the core (wire and crypto), the second
 * by the core itself.
 */
export const REJECT_CODES = [
  // wire
  'oversized',
  'malformed',
  'unknown-kind',
  'other-codec',
  // crypto
  'unknown-member',
  'unknown-client',
  'bad-signature',
  'digest-mismatch',
  'malformed-view-change',
  'certificate-below-quorum',
  'certificate-duplicate-signer',
  'certificate-bad-signature',
  'certificate-wrong-scheme',
  // core
  'wrong-view',
  'wrong-primary',
  'invalid-collector',
  'outside-watermarks',
  'conflicting-proposal',
  'conflicting-vote',
  'duplicate',
  'empty-batch',
  'batch-too-large',
  'client-window-full',
  'request-pool-full',
  'timestamp-reused',
  'stale-timestamp',
  'wrong-new-view',
  'wrong-chunk',
  'unsolicited',
  // rate limits
  'throttled',
] as const;

export type RejectCode = (typeof REJECT_CODES)[number];
