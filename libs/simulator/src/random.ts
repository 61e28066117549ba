import { seededRandom, shuffled } from '@ccro/faults';

/** A seeded source of randomness: the same seed gives the same run, everywhere. */
export class Random {
  /** In [0, 1). */
  readonly next: () => number;

  constructor(seed: number | string) {
    this.next = seededRandom(seed);
  }

  /** In [0, bound). */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** In [low, high]. */
  integer(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** In [low, high). */
  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  chance(probability: number): boolean {
    return probability > 0 && this.next() < probability;
  }

  pick<T>(items: readonly [T, ...T[]]): T;
  pick<T>(items: readonly T[]): T | undefined;
  pick<T>(items: readonly T[]): T | undefined {
    return items[this.below(items.length)];
  }

  /** A new list in random order (Fisher and Yates). */
  shuffled<T>(items: readonly T[]): T[] {
    return shuffled(items, this.next);
  }
}
