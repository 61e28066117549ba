/** Whether something that was measured over time stays level. */

import { median } from './quantile.js';

/** What it may grow by, whichever is more: a part, and so many bytes. */
const MAX_GROWTH = 0.1;
const MAX_GROWTH_BYTES = 15 * 1024 * 1024;
/** Fewer samples in a quarter tell nothing. */
const MIN_SAMPLES_PER_QUARTER = 3;

export interface Flatness {
  /** Medians, in bytes. The first quarter is warming up. */
  readonly secondQuarter: number;
  readonly lastQuarter: number;
  /** What the last quarter may be. */
  readonly allowed: number;
  readonly peak: number;
  readonly isFlat: boolean;
}

/**
 * Compares the last quarter with the second one.
 *
 * @param values bytes, at equal distances in time
 * @returns undefined when they are too few to tell
 */
export function flatnessOf(values: readonly number[]): Flatness | undefined {
  const quarter = Math.floor(values.length / 4);
  if (quarter < MIN_SAMPLES_PER_QUARTER) return undefined;
  const secondQuarter = median(values.slice(quarter, 2 * quarter));
  const lastQuarter = median(values.slice(-quarter));
  const allowed = secondQuarter + Math.max(secondQuarter * MAX_GROWTH, MAX_GROWTH_BYTES);
  return {
    secondQuarter,
    lastQuarter,
    allowed,
    peak: Math.max(...values),
    isFlat: lastQuarter <= allowed,
  };
}

/** Bytes that a store takes for each request, early and late. */
export interface StoreGrowth {
  readonly perRequest: number;
  readonly firstHalf: number;
  readonly secondHalf: number;
  /** False when a request costs more and more. */
  readonly isBounded: boolean;
}

/** A request may cost so much more late than early, and so many bytes may be compaction's. */
const MAX_COST_GROWTH = 1.5;
const COMPACTION_BYTES = 32 * 1024 * 1024;

/**
 * A store holds the window, the state and the ledger. Of these only the ledger grows, by as much
 * with each request.
 *
 * @param sizes bytes with the number of requests decided then, in order of time
 * @returns undefined when nothing was decided
 */
export function growthOf(
  sizes: readonly { readonly bytes: number; readonly decided: number }[],
): StoreGrowth | undefined {
  const [first, last] = [sizes[0], sizes.at(-1)];
  if (first === undefined || last === undefined || last.decided === first.decided) return undefined;
  const halfway = first.decided + (last.decided - first.decided) / 2;
  const middle = sizes.find(({ decided }) => decided >= halfway) ?? last;
  const cost = (from: typeof first, to: typeof first): number =>
    (to.bytes - from.bytes) / Math.max(to.decided - from.decided, 1);
  const firstHalf = cost(first, middle);
  const secondHalf = cost(middle, last);
  const allowed = firstHalf * MAX_COST_GROWTH * (last.decided - middle.decided) + COMPACTION_BYTES;
  return {
    perRequest: last.bytes / last.decided,
    firstHalf,
    secondHalf,
    isBounded: last.bytes - middle.bytes <= allowed,
  };
}
