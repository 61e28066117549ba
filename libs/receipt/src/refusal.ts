/** Why a receipt is refused: a code for programs and a sentence for people. */

const REASONS = {
  'too-large': 'It is larger than any receipt.',
  malformed: 'It is no receipt as the cluster writes them',
  'unknown-format': 'It is of another format than ccro-receipt/1: use a newer program.',
  'wrong-cluster': 'It is of another cluster than the cluster file.',
  'unknown-client': 'Its client is none of the cluster file.',
  'bad-request-signature': 'The client did not sign this request.',
  'not-in-batch': 'The path does not lead from the request to the batch that was decided.',
  'wrong-scheme': 'The certificate is signed with another scheme than the cluster uses.',
  'unknown-member': 'It names a node that the cluster file does not list.',
  'duplicate-signer': 'The signers of the certificate are not distinct and in ascending order.',
  'certificate-below-quorum': 'Fewer than a quorum signed the certificate.',
  'certificate-does-not-decide': 'Only the signatures of all nodes decide in the prepare phase.',
  'bad-certificate-signature': 'The signatures of the certificate do not hold.',
  'duplicate-reply': 'The replies are not of distinct nodes in ascending order.',
  'bad-reply-signature': 'A node did not sign this reply with this result.',
  'too-few-replies': 'Fewer than f + 1 nodes signed the result.',
} as const;

export type RefusalCode = keyof typeof REASONS;

/** All codes, for documentation and tests. */
export const REFUSAL_CODES = Object.keys(REASONS) as readonly RefusalCode[];

export interface Refusal {
  readonly holds: false;
  readonly code: RefusalCode;
  /** A sentence. */
  readonly reason: string;
}

/** @param detail what exactly, when there is something to say beyond the reason */
export function refusal(code: RefusalCode, detail?: string): Refusal {
  const reason =
    detail === undefined ? REASONS[code] : `${REASONS[code].replace(/\.$/, '')}: ${detail}.`;
  return { holds: false, code, reason };
}
