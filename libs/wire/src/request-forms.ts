/**
 * Requests as they travel: without their digests, which the receiver derives, and those that were
 * signed together with their signature once.
 */

import {
  type Digest,
  MAX_REQUESTS,
  type Request,
  type TravellingList,
  type TravellingRequest,
} from '@ccro/consensus';
import { deriveRequest } from '@ccro/crypto';

export type NestedForm = TravellingRequest | TravellingList;

/** What travels of `requests`, in their order. */
export function nestedForms(requests: readonly Request[]): NestedForm[] {
  const forms: NestedForm[] = [];
  for (let index = 0; index < requests.length;) {
    const run = runFrom(requests, index);
    forms.push(formOf(run));
    index += run.length;
  }
  return forms;
}

/** Some requests, or one, that one signature covers. */
export function formOf(run: readonly [Request, ...Request[]]): NestedForm {
  const [{ client, timestamp, operation, signature, signedWith }] = run;
  if (signedWith === undefined) return { client, timestamp, operation, signature };
  const here = new Map(run.map((request) => [request.digest, request]));
  const signed = signedWith.map((digest) => {
    const request = here.get(digest);
    if (request === undefined) return digest;
    return { timestamp: request.timestamp, operation: request.operation };
  });
  return { client, signed, signature };
}

/** @returns undefined for a list without any request, or more requests than a message may have */
export function requestsIn(forms: readonly NestedForm[], cluster: string): Request[] | undefined {
  const requests: Request[] = [];
  for (const form of forms) {
    const listed =
      'signed' in form ? listedRequests(form, cluster) : [deriveRequest(cluster, form)];
    if (listed.length === 0) return undefined;
    requests.push(...listed);
  }
  return requests.length > MAX_REQUESTS ? undefined : requests;
}

/** The requests of a list that travelled with it, all with the whole list. */
export function listedRequests(
  { client, signature, signed }: TravellingList,
  cluster: string,
): Request[] {
  const signedWith: Digest[] = [];
  const requests: Request[] = [];
  for (const entry of signed) {
    if (typeof entry === 'string') {
      signedWith.push(entry);
      continue;
    }
    const request = deriveRequest(cluster, { client, signature, ...entry }, signedWith);
    signedWith.push(request.digest);
    requests.push(request);
  }
  return requests;
}

/** The requests from `start` on that are of one list, in its order. */
function runFrom(requests: readonly Request[], start: number): [Request, ...Request[]] {
  const first = requests[start];
  if (first === undefined) throw new RangeError(`no request ${start}`);
  const run: [Request, ...Request[]] = [first];
  const { signedWith } = first;
  if (signedWith === undefined) return run;
  let position = signedWith.indexOf(first.digest);
  for (const next of requests.slice(start + 1)) {
    if (next.signedWith !== signedWith) break;
    position = signedWith.indexOf(next.digest, position + 1);
    if (position < 0) break;
    run.push(next);
  }
  return run;
}
