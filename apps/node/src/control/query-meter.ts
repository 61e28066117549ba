import type { QueryCost } from './query-budget.js';

/** How fast a store reads at the least: a longer time was other work of the process, or of the disk. */
const READ_CHARACTERS_PER_MS = 32 * 1024;
const READ_MS_EACH = 0.05;

/** What a store gave: decisions or results, and how many characters they have. */
export interface Amount {
  readonly count: number;
  readonly characters: number;
}

/** Adds up what one query costs, without what the process does while the query waits. */
export class QueryMeter {
  private ms = 0;
  private bytes = 0;

  /** @param now milliseconds on a clock that never goes back */
  constructor(private readonly now: () => number) {}

  get cost(): QueryCost {
    return { ms: this.ms, bytes: this.bytes };
  }

  /** Does what does not wait for anything. */
  work<T>(doing: () => T): T {
    const startedMs = this.now();
    try {
      return doing();
    } finally {
      this.ms += this.now() - startedMs;
    }
  }

  /** Waits for what a store reads. @throws what it throws */
  async read<T>(reading: () => Promise<T>, amountOf: (read: T) => Amount): Promise<T> {
    const startedMs = this.now();
    const read = await reading();
    const { count, characters } = amountOf(read);
    const mostMs = READ_MS_EACH * (1 + count) + characters / READ_CHARACTERS_PER_MS;
    this.ms += Math.min(this.now() - startedMs, mostMs);
    return read;
  }

  /** Counts an answer. */
  sent(bytes: number): void {
    this.bytes += bytes;
  }
}
