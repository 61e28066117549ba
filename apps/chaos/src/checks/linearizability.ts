/**
 * Whether a history of concurrent operations could have come from one that did them one after
 * another, each at some moment between its start and its end (Herlihy and Wing, 1990). The search
 * is Wing and Gong's with Lowe's memory of what was tried: depth first through the orders that the
 * times allow, never twice the same set of placed operations with the same state.
 *
 * Operations that were never answered may have happened at any moment after their start, or not at
 * all. They are tried only where no answered one fits, to keep the search small.
 */

/** One operation on one object. */
export interface Operation<I, O> {
  readonly input: I;
  /** Undefined: never answered. */
  readonly output: O | undefined;
  readonly startMs: number;
  /** Of no meaning without an output. */
  readonly endMs: number;
}

/** What the object does when operations come one after another. */
export interface SequentialModel<S, I, O> {
  readonly initial: S;
  /**
   * The state after an operation; undefined when it cannot have had this output in `state`. Without
   * an output anything goes.
   */
  step(state: S, input: I, output: O | undefined): S | undefined;
  /** The same text for the same state. */
  describe(state: S): string;
}

export type Linearizability<I, O> =
  | { readonly kind: 'linearizable'; readonly order: readonly Operation<I, O>[] }
  | {
      readonly kind: 'not-linearizable';
      /** How many operations the longest order found places. */
      readonly placed: number;
      /** The state after them. */
      readonly state: string;
      /** What had to come next and could not. */
      readonly stuck: Operation<I, O>;
    }
  /** The search was given up: nothing is known. */
  | { readonly kind: 'too-hard'; readonly steps: number };

const DEFAULT_MAX_STEPS = 5_000_000;

/** @param maxSteps placements tried before the search is given up */
export function checkLinearizability<S, I, O>(
  model: SequentialModel<S, I, O>,
  operations: readonly Operation<I, O>[],
  maxSteps: number = DEFAULT_MAX_STEPS,
): Linearizability<I, O> {
  return new Search(model, operations, maxSteps).run();
}

/** An operation in the two lists of what is not placed yet, by start and by end. */
interface Entry<I, O> {
  readonly operation: Operation<I, O>;
  readonly index: number;
  /** Place among the answered ones by their end; Infinity for those never answered. */
  readonly endRank: number;
}

/** An operation that was placed, and how things were before. */
interface Placement<S, I, O> {
  readonly entry: Entry<I, O>;
  readonly stateBefore: S;
  readonly aheadBefore: readonly Entry<I, O>[];
  readonly candidates: readonly Entry<I, O>[];
  /** The next candidate to try instead of `entry`. */
  readonly nextCandidate: number;
}

class Search<S, I, O> {
  private readonly byStart: UnplacedList;
  private readonly byEnd: UnplacedList;
  /** In the order of their starts; an entry's index is its place here. */
  private readonly entries: readonly Entry<I, O>[];
  private readonly answered: readonly Entry<I, O>[];
  private readonly tried = new Set<string>();
  private readonly placements: Placement<S, I, O>[] = [];
  private state: S;
  /** Placed although something that ended earlier is not: with `byEnd` this is the placed set. */
  private ahead: readonly Entry<I, O>[] = [];
  private steps = 0;
  private deepest: { placed: number; state: S; stuck: Operation<I, O> | undefined };

  constructor(
    private readonly model: SequentialModel<S, I, O>,
    operations: readonly Operation<I, O>[],
    private readonly maxSteps: number,
  ) {
    const isAnswered = ({ output }: Operation<I, O>): boolean => output !== undefined;
    const ranks = new Map(
      operations
        .filter(isAnswered)
        .sort((a, b) => a.endMs - b.endMs)
        .map((operation, rank) => [operation, rank] as const),
    );
    this.entries = [...operations]
      .sort((a, b) => a.startMs - b.startMs)
      .map((operation, index) => ({
        operation,
        index,
        endRank: ranks.get(operation) ?? Infinity,
      }));
    this.answered = this.entries
      .filter(({ operation }) => isAnswered(operation))
      .sort((a, b) => a.endRank - b.endRank);
    this.byStart = new UnplacedList(this.entries.length);
    this.byEnd = new UnplacedList(this.answered.length);
    this.state = model.initial;
    this.deepest = { placed: 0, state: model.initial, stuck: this.firstToEnd()?.operation };
  }

  run(): Linearizability<I, O> {
    let candidates = this.candidates();
    let next = 0;
    while (this.byEnd.first !== undefined) {
      if (this.steps > this.maxSteps) return { kind: 'too-hard', steps: this.steps };
      const tried = this.tryFrom(candidates, next);
      if (tried) {
        candidates = this.candidates();
        next = 0;
        continue;
      }
      const undone = this.placements.pop();
      if (undone === undefined) return this.failure();
      this.unplace(undone);
      ({ candidates, nextCandidate: next } = undone);
    }
    return { kind: 'linearizable', order: this.placements.map(({ entry }) => entry.operation) };
  }

  /** Places the first of `candidates`, from `next` on, that fits and was not tried like this. */
  private tryFrom(candidates: readonly Entry<I, O>[], next: number): boolean {
    for (let index = next; index < candidates.length; index += 1) {
      const entry = candidates[index];
      if (entry === undefined) return false;
      this.steps += 1;
      const { input, output } = entry.operation;
      const after = this.model.step(this.state, input, output);
      if (after === undefined) continue;
      const placement = {
        entry,
        stateBefore: this.state,
        aheadBefore: this.ahead,
        candidates,
        nextCandidate: index + 1,
      };
      this.place(placement, after);
      if (this.isNew()) return true;
      this.unplace(placement);
      this.placements.pop();
    }
    return false;
  }

  /** What may come next: whatever started before anything unplaced ended. Answered ones first. */
  private candidates(): readonly Entry<I, O>[] {
    const limitMs = this.firstToEnd()?.operation.endMs ?? -Infinity;
    const answered: Entry<I, O>[] = [];
    const unanswered: Entry<I, O>[] = [];
    for (const index of this.byStart.unplaced()) {
      const entry = this.entries[index];
      if (entry === undefined || entry.operation.startMs > limitMs) break;
      (entry.operation.output === undefined ? unanswered : answered).push(entry);
    }
    return [...answered, ...unanswered];
  }

  private place(placement: Placement<S, I, O>, after: S): void {
    const { entry } = placement;
    this.byStart.remove(entry.index);
    if (entry.endRank !== Infinity) this.byEnd.remove(entry.endRank);
    this.state = after;
    const firstRank = this.byEnd.first ?? Infinity;
    this.ahead = [...this.ahead, entry].filter(({ endRank }) => endRank > firstRank);
    this.placements.push(placement);
    if (this.placements.length > this.deepest.placed) {
      const stuck = this.firstToEnd()?.operation;
      this.deepest = { placed: this.placements.length, state: after, stuck };
    }
  }

  private unplace({ entry, stateBefore, aheadBefore }: Placement<S, I, O>): void {
    this.byStart.restore(entry.index);
    if (entry.endRank !== Infinity) this.byEnd.restore(entry.endRank);
    this.state = stateBefore;
    this.ahead = aheadBefore;
  }

  /** Whether this set of placed operations with this state comes up for the first time. */
  private isNew(): boolean {
    const ahead = this.ahead.map(({ index }) => index).sort((a, b) => a - b);
    const key = `${this.byEnd.first}|${ahead.join(',')}|${this.model.describe(this.state)}`;
    if (this.tried.has(key)) return false;
    this.tried.add(key);
    return true;
  }

  private firstToEnd(): Entry<I, O> | undefined {
    const { first } = this.byEnd;
    return first === undefined ? undefined : this.answered[first];
  }

  private failure(): Linearizability<I, O> {
    const { placed, state, stuck } = this.deepest;
    if (stuck === undefined) throw new Error('an order was found and not taken');
    return { kind: 'not-linearizable', placed, state: this.model.describe(state), stuck };
  }
}

/**
 * The numbers 0..size-1 that are not placed, ascending, in a doubly linked list: removing one and
 * restoring the one removed last take no time (Knuth's dancing links).
 */
class UnplacedList {
  private readonly next: Int32Array;
  private readonly previous: Int32Array;

  /** The list's end is the number `size`, its head stands before 0. */
  constructor(private readonly size: number) {
    this.next = Int32Array.from({ length: size + 2 }, (_, slot) => slot + 1);
    this.previous = Int32Array.from({ length: size + 2 }, (_, slot) => slot - 1);
  }

  get first(): number | undefined {
    const slot = this.next[0] ?? 0;
    return slot > this.size ? undefined : slot - 1;
  }

  *unplaced(): Generator<number> {
    for (let slot = this.next[0] ?? 0; slot <= this.size; slot = this.next[slot] ?? 0) {
      yield slot - 1;
    }
  }

  remove(value: number): void {
    const slot = value + 1;
    this.next[this.previous[slot] ?? 0] = this.next[slot] ?? 0;
    this.previous[this.next[slot] ?? 0] = this.previous[slot] ?? 0;
  }

  /** Must be the one that was removed last among those not restored. */
  restore(value: number): void {
    const slot = value + 1;
    this.next[this.previous[slot] ?? 0] = slot;
    this.previous[this.next[slot] ?? 0] = slot;
  }
}
