/**
 * Authentic requests that have not executed yet.
 *
 * Invariants kept here:
 * - bounded memory: at most `clientWindow` requests a client and `capacity` in all, however many
 *   a faulty client signs;
 * - one request a (client, timestamp): a client that signs two is held to the first.
 */

import type { ClientId, Digest, Timestamp } from '../ids.js';
import { BatchSize } from '../batch-size.js';
import type { Request } from '../messages.js';

interface PooledRequest {
  readonly request: Request;
  /** False when, as far as this replica knows, only it has the body. */
  everyoneHasIt: boolean;
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
  private readonly requests = new Map<Digest, PooledRequest>();
  /** Digests waiting to be proposed, in order of arrival. */
  private readonly waiting = new Set<Digest>();
  private readonly perClient = new Map<ClientId, Map<Timestamp, Digest>>();

  constructor(
    private readonly clientWindow: number,
    private readonly capacity: number,
  ) {}

  get size(): number {
    return this.requests.size;
  }

  get waitingCount(): number {
    return this.waiting.size;
  }

  get(digest: Digest): Request | undefined {
    return this.requests.get(digest)?.request;
  }

  add(request: Request, everyoneHasIt: boolean): Pooling {
    const { client, timestamp, digest } = request;
    const known = this.requests.get(digest);
    if (known !== undefined) {
      known.everyoneHasIt ||= everyoneHasIt;
      return 'known';
    }
    const ofClient = this.perClient.get(client) ?? new Map<Timestamp, Digest>();
    if (ofClient.has(timestamp)) return 'timestamp-reused';
    if (ofClient.size >= this.clientWindow) return 'client-window-full';
    if (this.requests.size >= this.capacity) return 'request-pool-full';
    this.perClient.set(client, ofClient.set(timestamp, digest));
    this.requests.set(digest, { request, everyoneHasIt });
    this.waiting.add(digest);
    return 'added';
  }

  /** Removes what is held for (client, timestamp): it executed, or never will. */
  remove(client: ClientId, timestamp: Timestamp): void {
    const ofClient = this.perClient.get(client);
    const digest = ofClient?.get(timestamp);
    if (ofClient === undefined || digest === undefined) return;
    this.requests.delete(digest);
    this.waiting.delete(digest);
    ofClient.delete(timestamp);
    if (ofClient.size === 0) this.perClient.delete(client);
  }

  /** Makes room: removes the requests for which `isDead` holds. */
  removeIf(isDead: (client: ClientId, timestamp: Timestamp) => boolean): void {
    for (const [client, ofClient] of this.perClient) {
      for (const timestamp of ofClient.keys()) {
        if (isDead(client, timestamp)) this.remove(client, timestamp);
      }
    }
  }

  /** Notes that a proposal contains the request, so that it is not proposed again. */
  markProposed(digest: Digest): void {
    this.waiting.delete(digest);
  }

  /** The request that came first of those that have not executed. */
  oldest(): Digest | undefined {
    for (const digest of this.requests.keys()) return digest;
    return undefined;
  }

  /** A new view begins: whatever was proposed in earlier ones waits again. */
  markAllWaiting(): void {
    for (const digest of this.requests.keys()) this.waiting.add(digest);
  }

  /** Notes that the proposal with the request came to nothing. */
  markWaiting(digest: Digest): void {
    if (this.requests.has(digest)) this.waiting.add(digest);
  }

  /** The oldest waiting requests, up to both limits, at least one if any waits. */
  next(maxRequests: number, maxCharacters: number): Candidate[] {
    const candidates: Candidate[] = [];
    const size = new BatchSize();
    for (const digest of this.waiting) {
      const pooled = this.requests.get(digest);
      if (pooled === undefined) continue;
      size.add(pooled.request);
      const full = candidates.length >= maxRequests || size.characters > maxCharacters;
      if (full && candidates.length > 0) break;
      candidates.push({ request: pooled.request, inline: !pooled.everyoneHasIt });
    }
    return candidates;
  }
}
