import type { Clock } from '@ccro/clock';
import type { ClientId } from '@ccro/consensus';
import type { QueryBudget, QueryCost, QueryKind } from './query-budget.js';

/** Queries answered at a time. */
const MAX_ANSWERING = 2;
/** Those that wait for their turn, shared among the lines that have some waiting. */
const MAX_WAITING = 256;
/** How long one waits: as long as clients give a node's answer at most. */
const MAX_WAITING_MS = 2000;

/** A query that waits. */
interface Turn {
  readonly sinceMs: number;
  readonly begin: () => void;
  /** It will never be its turn. */
  readonly drop: () => void;
}

/** Queries of one kind that a client has waiting. */
interface Line {
  readonly client: ClientId;
  readonly kind: QueryKind;
  readonly turns: Turn[];
}

/**
 * Whose query is answered next, of those that have a store read: a few at a time, since each may read as
 * much as one answer holds.
 *
 * Invariants kept here:
 * - a client that asks a lot delays its own queries, not those of others, and of its own those of the
 *   same kind. Lines take turns, and each may hold its share of the waiting places and no more. Of a line
 *   that has more to ask, the oldest are dropped: by now its client may have given up on them;
 * - bounded work: none is answered beyond its client's budget. It waits until there is some again, and is
 *   dropped when it has waited for longer than its client does.
 */
export class QueryTurns {
  private answering = 0;
  /** Those with something waiting, by name; the one whose turn it is comes first. */
  private readonly lines = new Map<string, Line>();
  private cancelWait: () => void = () => undefined;

  constructor(
    private readonly clock: Clock,
    private readonly budget: QueryBudget,
  ) {}

  /** Runs `answer` when it is its turn. @returns whether it was, ever. @throws what it throws */
  take(client: ClientId, kind: QueryKind, answer: () => Promise<QueryCost>): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.wait(client, kind, {
        sinceMs: this.clock.now(),
        begin: () => {
          this.run(client, kind, answer).then(() => resolve(true), reject);
        },
        drop: () => resolve(false),
      });
      this.beginNext();
    });
  }

  private async run(
    client: ClientId,
    kind: QueryKind,
    answer: () => Promise<QueryCost>,
  ): Promise<void> {
    try {
      this.budget.spend(client, kind, await answer());
    } finally {
      this.answering -= 1;
      this.beginNext();
    }
  }

  private wait(client: ClientId, kind: QueryKind, turn: Turn): void {
    const name = `${kind} ${client}`;
    const line = this.lines.get(name) ?? { client, kind, turns: [] };
    this.lines.set(name, line);
    line.turns.push(turn);
    const share = Math.max(Math.floor(MAX_WAITING / this.lines.size), 1);
    for (const oldest of line.turns.splice(0, line.turns.length - share)) oldest.drop();
  }

  /** As many as may be answered now. */
  private beginNext(): void {
    while (this.answering < MAX_ANSWERING) {
      const turn = this.next();
      if (turn === undefined) break;
      this.answering += 1;
      turn.begin();
    }
    this.cancelWait();
    if (this.answering === MAX_ANSWERING || this.lines.size === 0) return;
    const waits = [...this.lines.values()].map(({ client, kind }) =>
      this.budget.waitMs(client, kind),
    );
    this.cancelWait = this.clock.schedule(Math.ceil(Math.min(...waits)), () => this.beginNext());
  }

  private next(): Turn | undefined {
    const oldestMs = this.clock.now() - MAX_WAITING_MS;
    for (const [name, line] of this.lines) {
      const kept = line.turns.findIndex(({ sinceMs }) => sinceMs >= oldestMs);
      for (const old of line.turns.splice(0, kept < 0 ? Infinity : kept)) old.drop();
      if (line.turns.length > 0 && !this.budget.allows(line.client, line.kind)) continue;
      const turn = line.turns.shift();
      this.lines.delete(name);
      if (line.turns.length > 0) this.lines.set(name, line);
      if (turn !== undefined) return turn;
    }
    return undefined;
  }
}
