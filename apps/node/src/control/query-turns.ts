import type { ClientId } from '@ccro/consensus';

/** Queries answered at a time. */
const MAX_ANSWERING = 2;
/** Those that wait for their turn, shared among the clients that have some waiting. */
const MAX_WAITING = 256;

/** Told whether it has come, or never will. */
type Turn = (hasCome: boolean) => void;

/**
 * Whose query is answered next: a few at a time, since each may read as much as one answer holds.
 *
 * Invariant kept here: a client that asks a lot delays its own queries, not those of others. Clients
 * take turns, and each may hold its share of the waiting places and no more. Of a client that has
 * more to ask, the oldest are dropped: by now it may have given up on them.
 */
export class QueryTurns {
  private answering = 0;
  /** Those that wait, by client; the client whose turn it is comes first. */
  private readonly waiting = new Map<ClientId, Turn[]>();

  /** Runs `answer` when it is its turn. @returns whether it was, ever. @throws what it throws */
  async take(client: ClientId, answer: () => Promise<void>): Promise<boolean> {
    if (this.answering < MAX_ANSWERING) this.answering += 1;
    else if (!(await new Promise<boolean>((resolve) => this.wait(client, resolve)))) return false;
    try {
      await answer();
    } finally {
      const next = this.next();
      if (next === undefined) this.answering -= 1;
      else next(true);
    }
    return true;
  }

  private wait(client: ClientId, turn: Turn): void {
    const own = this.waiting.get(client) ?? [];
    this.waiting.set(client, own);
    own.push(turn);
    const share = Math.max(Math.floor(MAX_WAITING / this.waiting.size), 1);
    for (const oldest of own.splice(0, own.length - share)) oldest(false);
  }

  private next(): Turn | undefined {
    for (const [client, [turn, ...others]] of this.waiting) {
      this.waiting.delete(client);
      if (others.length > 0) this.waiting.set(client, others);
      return turn;
    }
    return undefined;
  }
}
