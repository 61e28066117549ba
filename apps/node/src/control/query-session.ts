import { randomBytes } from 'node:crypto';
import type { ClientId } from '@ccro/consensus';
import type { Query, QueryRetry } from '@ccro/wire';

/** Counters that are remembered of each client: so many queries may overtake each other. */
const REMEMBERED = 1024;

interface Taken {
  /** Those above the floor. */
  readonly counters: Set<number>;
  /** Everything up to here counts as taken. */
  floor: number;
}

/**
 * Which queries this run of the node has acted on, so that a replayed query is not acted on again,
 * on any channel.
 *
 * Invariant kept here: freshness is this node's own challenge, never a comparison of clocks. A
 * query names this run, by a number nobody could know before it began, and a counter that was not
 * used in it. Memory is bounded by the clients of the cluster file: what is forgotten counts as taken.
 */
export class QuerySession {
  readonly id = randomBytes(16).toString('base64url');
  /** By client, whose signature was checked. */
  private readonly taken = new Map<ClientId, Taken>();

  /** Whether it was acted on for certain; cheap, so before its signature is looked at. */
  isReplay({ session, client, counter }: Query): boolean {
    return session === this.id && this.taken.get(client)?.counters.has(counter) === true;
  }

  /**
   * Takes a query whose signature holds.
   *
   * @returns what its client has to name instead, if it names another run or too low a counter
   */
  take({ session, client, counter }: Query): QueryRetry | undefined {
    const taken = this.taken.get(client) ?? { counters: new Set<number>(), floor: 0 };
    this.taken.set(client, taken);
    if (session !== this.id || counter <= taken.floor) {
      return { session: this.id, counter: Math.max(taken.floor, ...taken.counters) };
    }
    taken.counters.add(counter);
    if (taken.counters.size > REMEMBERED) {
      taken.floor = Math.min(...taken.counters);
      taken.counters.delete(taken.floor);
    }
    return undefined;
  }
}
