/**
 * Requests that were signed together share a list of digests in memory, which JSON would write out
 * with each of them. So they are stored together, with the list and the signature once.
 */

import type { Digest, Request } from '@ccro/consensus';

interface PackedRequests {
  readonly client: string;
  readonly signature: string;
  readonly signedWith: readonly Digest[];
  /** Position in the list, timestamp, operation. */
  readonly requests: [number, number, string][];
}

type Packed = Request | PackedRequests;

/** What is written of an entry's value. */
export function packValue(value: unknown): unknown {
  return withRequests<Request>(value, pack);
}

/** The value that was written as `packed`. */
export function unpackValue(packed: unknown): unknown {
  return withRequests<Packed>(packed, unpack);
}

/** The value with what `change` makes of its requests, if it is one of those that hold some. */
function withRequests<R>(value: unknown, change: (requests: readonly R[]) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('bodies' in value) return { ...value, bodies: change(value.bodies as readonly R[]) };
  if ('decision' in value) {
    const decision = value.decision as { readonly requests: readonly R[] };
    return { ...value, decision: { ...decision, requests: change(decision.requests) } };
  }
  return value;
}

function pack(requests: readonly Request[]): Packed[] {
  const packed: Packed[] = [];
  let list: PackedRequests | undefined;
  for (const request of requests) {
    const { client, timestamp, operation, digest, signature, signedWith } = request;
    if (signedWith === undefined) {
      list = undefined;
      packed.push(request);
      continue;
    }
    if (list?.signedWith !== signedWith) {
      list = { client, signature, signedWith, requests: [] };
      packed.push(list);
    }
    list.requests.push([signedWith.indexOf(digest), timestamp, operation]);
  }
  return packed;
}

function unpack(packed: readonly Packed[]): Request[] {
  return packed.flatMap((each): Request[] => {
    if (!('requests' in each)) return [each];
    const { client, signature, signedWith, requests } = each;
    return requests.map(([position, timestamp, operation]) => {
      const digest = signedWith[position] ?? '';
      return { kind: 'request', client, timestamp, operation, digest, signature, signedWith };
    });
  });
}
