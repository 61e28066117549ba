/**
 * The timestamps a client goes on with.
 *
 * Invariant kept here: none is at or below what the replicas executed of this client, whatever its clock
 * says. f + 1 of them say what that is. They may be behind by what was under way, and so may an earlier
 * process with this id have used more, both by less than the client window: a client that has to go
 * beyond what the replicas executed leaves that much room, twice.
 *
 * The clock alone keeps timestamps apart that no replica knows of any more.
 */

import type { Timestamp } from '@ccro/consensus';

/** Timestamps start at the wall clock in microseconds, and a client signs less than one in each. */
const PER_MS = 1000;
/** A clock that is further ahead than this (the year 2112) must not use timestamps up. */
export const MAX_CLOCK_TIMESTAMP = 2 ** 52;
/** Windows left free above what executed. */
const WINDOWS_LEFT = 2;

/** What the wall clock suggests. */
export function clockTimestamp(): Timestamp {
  return Math.min(Math.max(0, Date.now()) * PER_MS, MAX_CLOCK_TIMESTAMP);
}

export class Timestamps {
  private least: Timestamp;

  /** @param window W, as the replicas have it */
  constructor(
    first: Timestamp,
    private readonly window: number,
  ) {
    this.least = first;
  }

  /** The smallest one that may be used next. */
  get next(): Timestamp {
    return this.least;
  }

  take(): Timestamp {
    this.least += 1;
    return this.least - 1;
  }

  /** The replicas executed `newest`, and perhaps some above it. */
  executed(newest: Timestamp): void {
    if (newest >= this.least) this.least = newest + WINDOWS_LEFT * this.window + 1;
  }
}

/** What f + 1 of the replicas' answers bear out: one of them is honest. */
export function provenNewest(
  newest: readonly Timestamp[],
  weakQuorum: number,
): Timestamp | undefined {
  return [...newest].sort((left, right) => right - left)[weakQuorum - 1];
}
