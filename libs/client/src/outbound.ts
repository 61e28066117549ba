/**
 * Requests on their way out for the first time.
 *
 * A signature costs a client 25 µs and every replica three times as much to check, which is most of
 * what a small request costs. So what is submitted at about the same time is signed and sent
 * together: at once when nothing is under way, else when the present turn of the event loop ends.
 * What is more than the cluster can take at present waits here for its turn. What was signed together and is not decided in time is sent again together.
 */

import type { Request, RequestList } from '@ccro/consensus';
import type { DigestedDraft, RequestSigner } from '@ccro/crypto';
import { CongestionWindow } from './congestion-window.js';
import type { OutstandingRequest } from './outstanding-request.js';

/** Characters of operations in one message at most: JSON makes six bytes of one at the worst. */
const MAX_CHARACTERS = 128 * 1024;

export interface OutboundParts {
  readonly signer: RequestSigner;
  readonly maxSignedTogether: number;
  readonly defer: (task: () => void) => void;
  /** Sends requests, which one message carries, for the first time. */
  readonly publish: (together: readonly OutstandingRequest[]) => void;
}

export class Outbound {
  private waiting: OutstandingRequest[] = [];
  private deferred = false;
  private readonly window = new CongestionWindow();
  private readonly underWay = new Set<OutstandingRequest>();

  constructor(private readonly parts: OutboundParts) {}

  /** Sends the request soon, with others. */
  add(outstanding: OutstandingRequest): void {
    this.waiting.push(outstanding);
    this.flushSoon();
  }

  /** Sends what waits. */
  flush(): void {
    this.deferred = false;
    if (this.waiting.length === 0) return;
    const wanted = this.waiting.filter(({ phase }) => phase === 'waiting');
    const outstanding = wanted.slice(0, this.window.room);
    this.waiting = wanted.slice(outstanding.length);
    this.signUnsigned(outstanding);
    for (const each of outstanding) {
      this.window.sent();
      this.underWay.add(each);
    }
    for (const together of runsOfOneList(outstanding)) this.parts.publish(together);
  }

  /** A request was decided or given up: others may be sent in its place. */
  ended(outstanding: OutstandingRequest): void {
    if (!this.underWay.delete(outstanding)) return;
    if (outstanding.phase === 'settling') this.window.decided();
    else this.window.abandoned();
    if (this.waiting.length > 0) this.flushSoon();
  }

  /** Something was not decided in time and is sent again. */
  congested(): void {
    this.window.congested();
  }

  /** Signs drafts, in order, as many together as one message takes. */
  sign(drafts: readonly DigestedDraft[]): readonly Request[] {
    const { signer, maxSignedTogether } = this.parts;
    return partsOf(drafts, maxSignedTogether).flatMap((part) => signer.signAll(part));
  }

  private flushSoon(): void {
    if (this.parts.maxSignedTogether === 1) this.flush();
    else if (!this.deferred) {
      this.deferred = true;
      this.parts.defer(() => this.flush());
    }
  }

  private signUnsigned(outstanding: readonly OutstandingRequest[]): void {
    const unsigned = outstanding.filter(({ signed }) => signed === undefined);
    const signed = this.sign(unsigned.map(({ request }) => request));
    unsigned.forEach((each, index) => {
      each.signed = signed[index];
    });
  }
}

/** What carries these requests, which are of one list or one alone; undefined for none. */
export function messageOf(
  together: readonly OutstandingRequest[],
): Request | RequestList | undefined {
  const requests = together.flatMap(({ signed }) => signed ?? []);
  return requests.length > 1 ? { kind: 'requests', requests } : requests[0];
}

/** Cuts drafts up into lists that one message can carry. */
function partsOf(drafts: readonly DigestedDraft[], maxLength: number): DigestedDraft[][] {
  const parts: DigestedDraft[][] = [];
  let part: DigestedDraft[] = [];
  let characters = 0;
  for (const draft of drafts) {
    const { length } = draft.operation;
    if (part.length === maxLength || characters + length > MAX_CHARACTERS) {
      if (part.length > 0) parts.push(part);
      part = [];
      characters = 0;
    }
    part.push(draft);
    characters += length;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}

/** Neighbours that were signed together; everything else alone. */
function runsOfOneList(outstanding: readonly OutstandingRequest[]): OutstandingRequest[][] {
  const runs: OutstandingRequest[][] = [];
  let list: Request['signedWith'];
  for (const each of outstanding) {
    const signedWith = each.signed?.signedWith;
    const run = runs.at(-1);
    if (run !== undefined && signedWith !== undefined && signedWith === list) run.push(each);
    else runs.push([each]);
    list = signedWith;
  }
  return runs;
}
