/** About how many bytes messages take that others can draw out, without making them. */

import type { Certificate, Request, RequestResult, ViewChange } from './messages.js';

/** Client, timestamp, signature and punctuation of one request or result. */
const FIELDS = 256;
/** A signature in base64url. */
const SIGNATURE = 88;

export function requestsBytes(requests: readonly Pick<Request, 'operation'>[]): number {
  return requests.reduce((sum, { operation }) => sum + operation.length + FIELDS, FIELDS);
}

export function resultsBytes(results: readonly Pick<RequestResult, 'result'>[]): number {
  return results.reduce((sum, { result }) => sum + result.length + FIELDS, FIELDS);
}

export function certificateBytes({ proof }: Pick<Certificate, 'proof'>): number {
  return FIELDS + proof.signers.length * 4 + proof.signatures.length * SIGNATURE;
}

export function viewChangeBytes({ slots, stable }: Pick<ViewChange, 'slots' | 'stable'>): number {
  const certificates = [stable.certificate, ...slots.map(({ certificate }) => certificate)];
  return certificates.reduce(
    (sum, each) => sum + (each === null ? 0 : certificateBytes(each)),
    FIELDS * (1 + slots.length),
  );
}
