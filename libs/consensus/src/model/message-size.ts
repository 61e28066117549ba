/** About how many bytes messages take that others can draw out, without making them. */

import {
  CATALOGUE,
  type Certificate,
  type ProtocolMessage,
  type Request,
  type RequestResult,
  type ViewChange,
} from '../messages/index.js';

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

/** Characters of the texts of any length that are fields of it. */
function textCharacters(message: ProtocolMessage): number {
  const values = message as unknown as Readonly<Record<string, unknown>>;
  return Object.entries(CATALOGUE[message.kind].fields).reduce((sum, [name, { type }]) => {
    const value = values[name];
    return type === 'text' && typeof value === 'string' ? sum + value.length : sum;
  }, 0);
}

/** Of any message. */
export function messageBytes(message: ProtocolMessage): number {
  switch (message.kind) {
    case 'request':
      return requestsBytes([message]);
    case 'requests':
      return requestsBytes(message.requests);
    case 'pre-prepare':
      return requestsBytes(message.bodies) + message.requests.length * SIGNATURE;
    case 'certificate':
      return certificateBytes(message);
    case 'decision':
      return requestsBytes(message.requests) + certificateBytes(message.certificate);
    case 'view-change':
      return viewChangeBytes(message);
    case 'new-view':
      return FIELDS + (message.viewChanges.length + message.reproposals.length) * SIGNATURE;
    default:
      return FIELDS + textCharacters(message);
  }
}
