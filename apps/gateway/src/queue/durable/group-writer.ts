/**
 * Writes what comes in while a write is under way together, in the next one: one write at a time,
 * so that many cost little more than one, and a single one does not wait.
 *
 * Invariant kept here: a group whose write has no known outcome is written again as it was, and
 * nothing of it is withdrawn or told to have failed meanwhile.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { asError } from '@ccro/foreign-text';

/** How often `idle` looks again while a write is about to be made or repeated. */
const IDLE_CHECK_MS = 5;

/** What to do with a group whose write failed. */
export type OnFailure =
  /** Nothing of it happened, and nothing will: its items fail. */
  | 'fail'
  /** Nothing of it happened yet: it waits for `resume`, as if it had not been tried. */
  | 'not-written'
  /** Write it again after `resume`: what happened is unknown. */
  | 'unknown';

export interface GroupWriterOptions<T, R> {
  /**
   * Writes a group.
   *
   * @param repeated whether an earlier attempt at the same group may have happened
   * @returns a result for each item, in order
   */
  readonly write: (group: readonly T[], repeated: boolean) => Promise<readonly R[]>;
  /** How much an item counts towards `maxSize`. */
  readonly sizeOf: (item: T) => number;
  readonly maxSize: number;
  /** Whether a write has a chance; when it has again, call `resume`. */
  readonly canWrite: () => boolean;
  readonly onFailure: (error: unknown) => OnFailure;
}

/** An item on its way. */
export interface Ticket<R> {
  /** Rejects with what the write threw, or with what `close` was given. */
  readonly result: Promise<R>;
  /** Takes the item back. @returns false when that is too late: it may have been written */
  withdraw(): boolean;
}

interface Item<T, R> {
  readonly value: T;
  readonly resolve: (result: R) => void;
  readonly reject: (error: Error) => void;
}

export class GroupWriter<T, R> {
  private readonly waiting: Item<T, R>[] = [];
  /** A group whose write failed, and may have happened. */
  private unsettled: readonly Item<T, R>[] | undefined;
  private writing: Promise<void> | undefined;
  private scheduled = false;
  private closed: Error | undefined;

  constructor(private readonly options: GroupWriterOptions<T, R>) {}

  add(value: T): Ticket<R> {
    let item: Item<T, R> | undefined;
    const result = new Promise<R>((resolve, reject) => {
      item = { value, resolve, reject };
    });
    // Callers that withdrew an item, or stopped waiting for it, are not told of its failure.
    result.catch(() => undefined);
    if (item === undefined) throw new Error('a promise runs its executor at once');
    if (this.closed === undefined) this.waiting.push(item);
    else item.reject(this.closed);
    this.schedule();
    const added = item;
    return { result, withdraw: () => this.withdraw(added) };
  }

  /** There is a chance again. */
  resume(): void {
    this.schedule();
  }

  /** Resolves when nothing is being written or waits for a write that has a chance. */
  async idle(): Promise<void> {
    while (this.writing !== undefined || (this.hasWork && this.options.canWrite())) {
      await (this.writing ?? delay(IDLE_CHECK_MS));
    }
  }

  /** Fails whatever is not written yet. */
  close(error: Error): void {
    this.closed = error;
    const items = [...(this.unsettled ?? []), ...this.waiting.splice(0)];
    this.unsettled = undefined;
    for (const { reject } of items) reject(error);
  }

  private get hasWork(): boolean {
    return this.unsettled !== undefined || this.waiting.length > 0;
  }

  private withdraw(item: Item<T, R>): boolean {
    const position = this.waiting.indexOf(item);
    if (position === -1) return false;
    this.waiting.splice(position, 1);
    return true;
  }

  /** Not at once: whatever else arrives in this turn of the event loop goes into the group. */
  private schedule(): void {
    if (this.scheduled || this.writing !== undefined || !this.hasWork) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.writeNext();
    });
  }

  private writeNext(): void {
    if (this.writing !== undefined || !this.hasWork || !this.options.canWrite()) return;
    const repeated = this.unsettled !== undefined;
    const group = this.unsettled ?? this.nextGroup();
    this.unsettled = undefined;
    this.writing = this.write(group, repeated).then((succeeded) => {
      this.writing = undefined;
      if (succeeded) this.schedule();
    });
  }

  private nextGroup(): readonly Item<T, R>[] {
    const { sizeOf, maxSize } = this.options;
    let size = 0;
    const end = this.waiting.findIndex(({ value }, index) => {
      size += sizeOf(value);
      return index > 0 && size > maxSize;
    });
    return this.waiting.splice(0, end === -1 ? this.waiting.length : end);
  }

  /** @returns whether there is a chance for the next group at once */
  private async write(group: readonly Item<T, R>[], repeated: boolean): Promise<boolean> {
    let results: readonly R[];
    try {
      results = await this.options.write(
        group.map(({ value }) => value),
        repeated,
      );
    } catch (error) {
      return this.onFailure(group, repeated, error);
    }
    group.forEach(({ resolve }, index) => resolve(results[index] as R));
    return true;
  }

  private onFailure(group: readonly Item<T, R>[], repeated: boolean, error: unknown): boolean {
    const reason = asError(error);
    const what = this.closed === undefined ? this.options.onFailure(error) : 'fail';
    switch (what) {
      case 'fail':
        for (const { reject } of group) reject(this.closed ?? reason);
        return true;
      case 'not-written':
        // An earlier attempt at it may have happened all the same.
        if (repeated) this.unsettled = group;
        else this.waiting.unshift(...group);
        return false;
      case 'unknown':
        this.unsettled = group;
        return false;
    }
  }
}
