/**
 * Authentic requests that have not executed yet.
 *
 * Invariant kept here (bounded memory): at most `clientWindow` requests a client and
 * `maxPooledRequests` in all, however many a faulty client signs.
 */

import type { ClientId, Digest } from '../ids.js';
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

export class RequestPool {
  private readonly requests = new Map<Digest, PooledRequest>();
  /** Digests waiting to be proposed, in order of arrival. */
  private readonly waiting = new Set<Digest>();
  private readonly perClient = new Map<ClientId, number>();

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

  /** @returns why it was not taken, or `added` / `known` */
  add(
    request: Request,
    everyoneHasIt: boolean,
  ): 'added' | 'known' | 'client-window-full' | 'request-pool-full' {
    const known = this.requests.get(request.digest);
    if (known !== undefined) {
      known.everyoneHasIt ||= everyoneHasIt;
      return 'known';
    }
    const held = this.perClient.get(request.client) ?? 0;
    if (held >= this.clientWindow) return 'client-window-full';
    if (this.requests.size >= this.capacity) return 'request-pool-full';
    this.perClient.set(request.client, held + 1);
    this.requests.set(request.digest, { request, everyoneHasIt });
    this.waiting.add(request.digest);
    return 'added';
  }

  /** Removes an executed request. */
  remove(digest: Digest): void {
    const pooled = this.requests.get(digest);
    if (pooled === undefined) return;
    this.requests.delete(digest);
    this.waiting.delete(digest);
    const left = (this.perClient.get(pooled.request.client) ?? 1) - 1;
    if (left === 0) this.perClient.delete(pooled.request.client);
    else this.perClient.set(pooled.request.client, left);
  }

  /** Notes that a proposal contains the request, so that it is not proposed again. */
  markProposed(digest: Digest): void {
    this.waiting.delete(digest);
  }

  /** The oldest waiting requests, up to both limits, at least one if any waits. */
  next(maxRequests: number, maxCharacters: number): Candidate[] {
    const candidates: Candidate[] = [];
    let characters = 0;
    for (const digest of this.waiting) {
      const pooled = this.requests.get(digest);
      if (pooled === undefined) continue;
      characters += pooled.request.operation.length;
      const full = candidates.length >= maxRequests || characters > maxCharacters;
      if (full && candidates.length > 0) break;
      candidates.push({ request: pooled.request, inline: !pooled.everyoneHasIt });
    }
    return candidates;
  }
}
