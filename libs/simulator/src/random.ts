import { seededRandom } from '@ccro/faults';

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

  chance(probability: number): boolean {
    return probability > 0 && this.next() < probability;
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[this.below(items.length)];
  }
}
