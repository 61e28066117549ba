/**
 * About how many bytes messages take: on the wire those that others can draw out, without making them,
 * and in memory any.
 */

import type { Digest } from '../messages/ids.js';
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

/** V8 keeps a character in two bytes at most. */
const BYTES_PER_CHARACTER = 2;
/** A digest in a list, and what a request takes besides operation and list. */
const BYTES_PER_DIGEST = 80;
const BYTES_PER_REQUEST = 512;

/** Bytes that a request takes in memory, with a list of so many digests. */
export function requestMemory(operation: string, digests: number): number {
  return operation.length * BYTES_PER_CHARACTER + digests * BYTES_PER_DIGEST + BYTES_PER_REQUEST;
}

/** Requests on one list share it. */
function requestsMemory(requests: readonly Request[]): number {
  const lists = new Set<readonly Digest[]>();
  return requests.reduce((sum, { operation, signedWith = [] }) => {
    const digests = lists.has(signedWith) ? 0 : signedWith.length;
    lists.add(signedWith);
    return sum + requestMemory(operation, digests);
  }, FIELDS);
}

/** About how many bytes any message takes in memory. */
export function messageBytes(message: ProtocolMessage): number {
  switch (message.kind) {
    case 'request':
      return requestsMemory([message]);
    case 'requests':
      return requestsMemory(message.requests);
    case 'pre-prepare':
      return requestsMemory(message.bodies) + message.requests.length * BYTES_PER_DIGEST;
    case 'certificate':
      return certificateBytes(message);
    case 'decision':
      return requestsMemory(message.requests) + certificateBytes(message.certificate);
    case 'view-change':
      return viewChangeBytes(message);
    case 'new-view':
      return FIELDS + (message.viewChanges.length + message.reproposals.length) * SIGNATURE;
    default:
      return FIELDS + textCharacters(message) * BYTES_PER_CHARACTER;
  }
}
