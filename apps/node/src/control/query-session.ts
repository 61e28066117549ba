import { randomBytes } from 'node:crypto';
import type { ClientId } from '@ccro/consensus';
import type { Query, QueryRetry } from '@ccro/wire';

/** Counters that are remembered of each client: so many queries may overtake each other. */
const REMEMBERED = 1024;

interface Taken {
  /** What this client is told to name: nobody could know it before, and other clients are told another. */
  readonly session: string;
  /** Those above the floor. */
  readonly counters: Set<number>;
  /** Everything up to here counts as taken. */
  floor: number;
}

/**
 * Which queries this run of the node has acted on, so that a replayed query is not acted on again,
 * on any channel.
 *
 * Invariants kept here:
 * - freshness is this node's own challenge, never a comparison of clocks. A query names this run, by a
 *   word that nobody could know before, and a counter that was not used in it. Memory is bounded by the
 *   clients of the cluster file: what is forgotten counts as taken;
 * - who names a client's session was told it or saw it on a channel: it is made for one client and sent to
 *   nobody else. Where Redis has users for all, only this node, the client and gateways listen there.
 */
export class QuerySession {
  /** By client, whose signature was checked. */
  private readonly taken = new Map<ClientId, Taken>();

  /** Whether it names the session that its client was told in this run. Cheap, and no proof. */
  isNamedIn({ session, client }: Query): boolean {
    return this.taken.get(client)?.session === session;
  }

  /** Whether it would be acted on, if its client signed it: once, whoever sends it. */
  isFresh({ session, client, counter }: Query): boolean {
    const taken = this.taken.get(client);
    if (taken?.session !== session) return false;
    return counter > taken.floor && !taken.counters.has(counter);
  }

  /** Whether it was acted on for certain; cheap, so before its signature is looked at. */
  isReplay({ session, client, counter }: Query): boolean {
    const taken = this.taken.get(client);
    return taken?.session === session && taken.counters.has(counter);
  }

  /**
   * Takes a query whose signature holds.
   *
   * @returns what its client has to name instead, if it names another run or too low a counter
   */
  take({ session, client, counter }: Query): QueryRetry | undefined {
    const taken = this.of(client);
    if (session !== taken.session || counter <= taken.floor) {
      return { session: taken.session, counter: Math.max(taken.floor, ...taken.counters) };
    }
    taken.counters.add(counter);
    if (taken.counters.size > REMEMBERED) {
      taken.floor = Math.min(...taken.counters);
      taken.counters.delete(taken.floor);
    }
    return undefined;
  }

  private of(client: ClientId): Taken {
    const known = this.taken.get(client);
    if (known !== undefined) return known;
    const session = randomBytes(16).toString('base64url');
    const taken = { session, counters: new Set<number>(), floor: 0 };
    this.taken.set(client, taken);
    return taken;
  }
}
