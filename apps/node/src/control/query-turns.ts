import type { ClientId } from '@ccro/consensus';

/** Queries answered at a time. */
const MAX_ANSWERING = 2;
/** Those that wait for their turn, shared among the clients that have some waiting. */
const MAX_WAITING = 256;

/**
 * Whose query is answered next: a few at a time, since each may read as much as one answer holds.
 *
 * Invariant kept here: a client that asks a lot delays its own queries, not those of others. Clients
 * take turns, and each may hold its share of the waiting places and no more.
 */
export class QueryTurns {
  private answering = 0;
  /** Those that wait, by client; the client whose turn it is comes first. */
  private readonly waiting = new Map<ClientId, (() => void)[]>();

  /** Whether another query of `client` may wait. */
  admits(client: ClientId): boolean {
    const own = this.waiting.get(client);
    const clients = this.waiting.size + (own === undefined ? 1 : 0);
    return (own?.length ?? 0) < Math.max(Math.floor(MAX_WAITING / clients), 1);
  }

  /** Runs `answer` when it is its turn. @throws what it throws */
  async take(client: ClientId, answer: () => Promise<void>): Promise<void> {
    if (this.answering < MAX_ANSWERING) this.answering += 1;
    else await new Promise<void>((resolve) => this.wait(client, resolve));
    try {
      await answer();
    } finally {
      const next = this.next();
      if (next === undefined) this.answering -= 1;
      else next();
    }
  }

  private wait(client: ClientId, begin: () => void): void {
    const own = this.waiting.get(client);
    if (own === undefined) this.waiting.set(client, [begin]);
    else own.push(begin);
  }

  private next(): (() => void) | undefined {
    for (const [client, [begin, ...others]] of this.waiting) {
      this.waiting.delete(client);
      if (others.length > 0) this.waiting.set(client, others);
      return begin;
    }
    return undefined;
  }
}
