/**
 * Authentic requests that have not executed yet.
 *
 * Invariants kept here:
 * - bounded memory: at most `clientWindow` requests and so many bytes a client, and `capacity`
 *   requests and so many bytes in all, however many a faulty client signs;
 * - one request per (client, timestamp): of two that a client signs, the first counts;
 * - no client keeps another one out: the client with most requests makes room for one with fewer, and
 *   batches are shared among the clients that have requests waiting;
 * - of one client, requests are proposed in the order of their timestamps, and the lowest are
 *   held. That is what lets a backup tell a primary that passes a request over from one that
 *   could not take it (`view-change/suspecting.ts`).
 */

import type { ClientId, Digest, Timestamp } from '../messages/ids.js';
import type { Request } from '../messages/index.js';
import { BatchSize } from '../model/batch-size.js';
import { requestMemory } from '../model/message-size.js';

/** Bytes of memory of one client's requests at most, and of all of them. */
export const MAX_CLIENT_POOL_BYTES = 32 * 1024 * 1024;
export const MAX_POOL_BYTES = 128 * 1024 * 1024;

/** As many as one signature covers (`libs/wire`). */
const MAX_LIST = 128;

/** What a request takes in a pool at most, on whatever list it came there. */
export function mostPoolBytes({ operation }: Request): number {
  return requestMemory(operation, MAX_LIST);
}

interface PooledRequest {
  readonly request: Request;
  readonly bytes: number;
  /** False when, as far as this replica knows, only it has the body. */
  everyoneHasIt: boolean;
}

interface ClientRequests {
  readonly pooled: Map<Timestamp, PooledRequest>;
  /** Those of them that wait to be proposed, ascending. */
  readonly waiting: Timestamp[];
  bytes: number;
}

/** A request to be proposed, and whether its body must travel with the pre-prepare. */
export interface Candidate {
  readonly request: Request;
  readonly inline: boolean;
}

/** What came of adding a request. */
export type Pooling =
  'added' | 'known' | 'timestamp-reused' | 'client-window-full' | 'request-pool-full';

export class RequestPool {
  /** In the order in which the primary is watched for them: of arrival, unless `defer` says else. */
  private readonly requests = new Map<Digest, PooledRequest>();
  /** In the order in which they come first in a batch. */
  private readonly clients = new Map<ClientId, ClientRequests>();
  private bytes = 0;
  private waitingRequests = 0;
  /** Of the request that was added last: neighbours share theirs. */
  private lastList: readonly Digest[] | undefined;

  constructor(
    private readonly clientWindow: number,
    private readonly capacity: number,
    private readonly maxClientBytes = MAX_CLIENT_POOL_BYTES,
    private readonly maxBytes = MAX_POOL_BYTES,
  ) {}

  get size(): number {
    return this.requests.size;
  }

  get waitingCount(): number {
    return this.waitingRequests;
  }

  get(digest: Digest): Request | undefined {
    return this.requests.get(digest)?.request;
  }

  /** @param isDead whether a timestamp of the client never executes any more, or did */
  add(
    request: Request,
    everyoneHasIt: boolean,
    isDead: (timestamp: Timestamp) => boolean = () => false,
  ): Pooling {
    const { client, timestamp, digest } = request;
    const known = this.requests.get(digest);
    if (known !== undefined) {
      known.everyoneHasIt ||= everyoneHasIt;
      return 'known';
    }
    const own = this.clients.get(client) ?? { pooled: new Map(), waiting: [], bytes: 0 };
    if (own.pooled.has(timestamp)) return 'timestamp-reused';
    const bytes = this.bytesOf(request);
    if (!this.hasClientRoom(client, own, { timestamp, bytes, isDead })) return 'client-window-full';
    if (!this.hasRoom(own, bytes)) return 'request-pool-full';
    this.clients.set(client, own);
    const pooled = { request, bytes, everyoneHasIt };
    own.pooled.set(timestamp, pooled);
    own.bytes += bytes;
    this.bytes += bytes;
    this.requests.set(digest, pooled);
    this.wait(own, timestamp);
    this.lastList = request.signedWith;
    return 'added';
  }

  /** Removes what is held for (client, timestamp): it executed, or never will. */
  remove(client: ClientId, timestamp: Timestamp): void {
    const own = this.clients.get(client);
    const pooled = own?.pooled.get(timestamp);
    if (own === undefined || pooled === undefined) return;
    this.requests.delete(pooled.request.digest);
    this.waitNoMore(own, timestamp);
    own.pooled.delete(timestamp);
    own.bytes -= pooled.bytes;
    this.bytes -= pooled.bytes;
    if (own.pooled.size === 0) this.clients.delete(client);
  }

  /** Removes the requests for which `isDead` holds: looks at all of them. */
  removeIf(isDead: (client: ClientId, timestamp: Timestamp) => boolean): void {
    for (const [client, { pooled }] of this.clients) {
      for (const timestamp of pooled.keys()) {
        if (isDead(client, timestamp)) this.remove(client, timestamp);
      }
    }
  }

  /** Notes that a proposal contains the request, so that it is not proposed again. */
  markProposed(digest: Digest): void {
    const held = this.find(digest);
    if (held !== undefined) this.waitNoMore(held.own, held.timestamp);
  }

  /** The request that the primary is watched for next, of those that have not executed. */
  oldest(): Request | undefined {
    for (const { request } of this.requests.values()) return request;
    return undefined;
  }

  /** The primary serves this client: it is watched for the requests of others first. */
  defer(client: ClientId): void {
    for (const pooled of this.clients.get(client)?.pooled.values() ?? []) {
      this.requests.delete(pooled.request.digest);
      this.requests.set(pooled.request.digest, pooled);
    }
  }

  /** A new view begins: whatever was proposed in earlier ones waits again. */
  markAllWaiting(): void {
    for (const digest of this.requests.keys()) this.markWaiting(digest);
  }

  /** Notes that the proposal with the request came to nothing. */
  markWaiting(digest: Digest): void {
    const held = this.find(digest);
    if (held !== undefined) this.wait(held.own, held.timestamp);
  }

  /**
   * Requests to be proposed, up to both limits, at least one if any waits: of each client that has
   * some its share, then what there is room for.
   */
  next(maxRequests: number, maxCharacters: number): Candidate[] {
    const clients = [...this.clients].filter(([, { waiting }]) => waiting.length > 0);
    const whole = { requests: maxRequests, characters: maxCharacters };
    const share = {
      requests: Math.ceil(maxRequests / clients.length),
      characters: maxCharacters / clients.length,
    };
    const batch = new Draft(whole);
    const taken = clients.map(([, own]) => this.take(own, 0, batch, share));
    clients.forEach(([, own], index) => void this.take(own, taken[index] ?? 0, batch, whole));
    const [first] = clients;
    if (first !== undefined && clients.length > 1) {
      // Another one comes first next time.
      this.clients.delete(first[0]);
      this.clients.set(...first);
    }
    return batch.candidates;
  }

  /** @returns how many of the client's waiting requests the batch has now */
  private take(own: ClientRequests, from: number, batch: Draft, most: Share): number {
    const before = batch.characters;
    for (let at = from; ; at += 1) {
      // Beyond the last one that waits there is none.
      const pooled = own.pooled.get(own.waiting[at] ?? -1);
      if (pooled === undefined || !batch.add(pooled)) return at;
      if (at + 1 >= most.requests || batch.characters - before >= most.characters) return at + 1;
    }
  }

  private bytesOf({ operation, signedWith }: Request): number {
    const digests = signedWith === this.lastList ? 0 : (signedWith?.length ?? 0);
    return requestMemory(operation, digests);
  }

  /** A client that has as much as it may keeps the lowest timestamps. */
  private hasClientRoom(client: ClientId, own: ClientRequests, added: Added): boolean {
    const fits = (): boolean =>
      own.pooled.size < this.clientWindow &&
      (own.bytes + added.bytes <= this.maxClientBytes || own.pooled.size === 0);
    // What is dead lies below all that is not.
    for (let [lowest] = own.waiting; !fits(); [lowest] = own.waiting) {
      if (lowest === undefined || !added.isDead(lowest)) break;
      this.remove(client, lowest);
    }
    while (!fits()) {
      const highest = own.waiting.at(-1);
      if (highest === undefined || highest < added.timestamp) return false;
      this.remove(client, highest);
    }
    return true;
  }

  /** When all is taken, who holds the most makes room, unless that is who asks for it. */
  private hasRoom(own: ClientRequests, bytes: number): boolean {
    for (;;) {
      const fullOfRequests = this.requests.size >= this.capacity;
      if (!fullOfRequests && this.bytes + bytes <= this.maxBytes) return true;
      const held = (each: ClientRequests): number =>
        fullOfRequests ? each.pooled.size : each.bytes;
      const wanted = held(own) + (fullOfRequests ? 1 : bytes);
      const most = this.largest(held);
      if (most === undefined || most.holds <= wanted) return false;
      this.remove(most.client, most.highest);
    }
  }

  /** Of the clients of which something waits, who holds the most. */
  private largest(held: (each: ClientRequests) => number): LargestClient | undefined {
    let largest: LargestClient | undefined;
    for (const [client, own] of this.clients) {
      const highest = own.waiting.at(-1);
      if (highest === undefined) continue;
      const holds = held(own);
      if (largest === undefined || holds > largest.holds) largest = { client, holds, highest };
    }
    return largest;
  }

  private find(
    digest: Digest,
  ): { readonly own: ClientRequests; readonly timestamp: Timestamp } | undefined {
    const pooled = this.requests.get(digest);
    const own = pooled && this.clients.get(pooled.request.client);
    return own && { own, timestamp: pooled.request.timestamp };
  }

  private wait({ waiting }: ClientRequests, timestamp: Timestamp): void {
    const at = positionIn(waiting, timestamp);
    if (waiting[at] === timestamp) return;
    waiting.splice(at, 0, timestamp);
    this.waitingRequests += 1;
  }

  private waitNoMore({ waiting }: ClientRequests, timestamp: Timestamp): void {
    const at = positionIn(waiting, timestamp);
    if (waiting[at] !== timestamp) return;
    waiting.splice(at, 1);
    this.waitingRequests -= 1;
  }
}

/** A request that wants to be held. */
interface Added {
  readonly timestamp: Timestamp;
  readonly bytes: number;
  readonly isDead: (timestamp: Timestamp) => boolean;
}

/** Who holds the most, how much that is, and the highest timestamp that waits. */
interface LargestClient {
  readonly client: ClientId;
  readonly holds: number;
  readonly highest: Timestamp;
}

/** How much of a batch. */
interface Share {
  readonly requests: number;
  readonly characters: number;
}

/** A batch that is being put together. */
class Draft {
  readonly candidates: Candidate[] = [];
  private readonly size = new BatchSize();

  constructor(private readonly most: Share) {}

  get characters(): number {
    return this.size.characters;
  }

  /** @returns whether there was room; the first one always fits */
  add({ request, everyoneHasIt }: PooledRequest): boolean {
    const { length } = this.candidates;
    const isFull = length >= this.most.requests;
    if (isFull || (length > 0 && this.size.with(request) > this.most.characters)) return false;
    this.size.add(request);
    this.candidates.push({ request, inline: !everyoneHasIt });
    return true;
  }
}

/** Where `value` is, or would be, in an ascending list; from the end, where most are added. */
function positionIn(ascending: readonly Timestamp[], value: Timestamp): number {
  let low = 0;
  let high = ascending.length;
  if ((ascending[high - 1] ?? 0) < value) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
