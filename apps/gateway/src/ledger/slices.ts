/** One slice, in milliseconds; one item alone may take longer. */
const MAX_SLICE_MS = 5;

/**
 * Long work without pauses, such as checking the signatures of a whole page of decisions, in slices.
 *
 * Invariant kept here: between two slices, whosever they are, the event loop comes round, so whoever waits for
 * an answer, a timer or a connection waits for one slice and not for all that was begun. Those who have
 * work take turns: what is short is done soon.
 */
export class Slices {
  private readonly waiting: (() => void)[] = [];

  /** @param now milliseconds on a clock that never goes back */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Whether all items pass `test`, as `Array.every`. @throws what it throws */
  async every<T>(items: readonly T[], test: (item: T, index: number) => boolean): Promise<boolean> {
    let endsMs = -Infinity;
    for (const [index, item] of items.entries()) {
      if (this.now() >= endsMs) {
        await this.turn();
        endsMs = this.now() + MAX_SLICE_MS;
      }
      if (!test(item, index)) return false;
    }
    return true;
  }

  private turn(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      if (this.waiting.length === 1) setImmediate(() => this.next());
    });
  }

  private next(): void {
    const turn = this.waiting.shift();
    if (this.waiting.length > 0) setImmediate(() => this.next());
    turn?.();
  }
}
