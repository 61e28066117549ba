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

import type { Clock } from '@ccro/clock';
import type { ClusterSize, ReplicaId, Timestamp } from '@ccro/consensus';
import type { NodeQuery } from '@ccro/wire';

/** Timestamps start at the wall clock in microseconds, and a client signs less than one in each. */
const PER_MS = 1000;
/** A clock that is further ahead than this (the year 2112) must not use timestamps up. */
export const MAX_CLOCK_TIMESTAMP = 2 ** 52;
/** Windows left free above what executed. */
const WINDOWS_LEFT = 2;
/** How long replicas have to answer, and the pause before they are asked again. */
const TIMEOUT_MS = 1000;
const PAUSE_MS = { first: 50, longest: 2000 } as const;

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

/** What is needed to ask the replicas which timestamps of this client they executed. */
export interface ExecutedTimestampsParts {
  readonly size: ClusterSize;
  readonly clock: Clock;
  readonly query: (replica: ReplicaId, query: NodeQuery, timeoutMs: number) => Promise<unknown>;
  /** Told what each round of questions brought. */
  readonly onAnswers: (answers: readonly unknown[]) => void;
  /** Whether nobody wants to know any more. */
  readonly isClosed: () => boolean;
}

/** @returns the highest one that f + 1 of a quorum bear out, -1 for none; undefined once closed */
export async function newestExecuted(
  parts: ExecutedTimestampsParts,
): Promise<Timestamp | undefined> {
  const { size, clock, isClosed } = parts;
  for (let pauseMs: number = PAUSE_MS.first; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MS.longest)) {
    if (isClosed()) return undefined;
    const newest = await askAll(parts);
    if (newest.length >= size.quorum) return provenNewest(newest, size.weakQuorum);
    const waited = pauseMs;
    await new Promise<void>((resolve) => void clock.schedule(waited, resolve));
  }
}

/** What replicas say, as soon as a quorum did, or no more of them will. */
function askAll({
  size,
  query,
  onAnswers,
}: ExecutedTimestampsParts): Promise<readonly Timestamp[]> {
  const newest: Timestamp[] = [];
  const answers: unknown[] = [];
  let left = size.n;
  return new Promise((resolve) => {
    const take = (answer: unknown): void => {
      left -= 1;
      answers.push(answer);
      const said = newestIn(answer);
      if (said !== undefined) newest.push(said);
      if (newest.length < size.quorum && left > 0) return;
      onAnswers(answers);
      resolve(newest);
    };
    for (let replica = 0; replica < size.n; replica += 1) {
      query(replica, { type: 'newest-timestamp' }, TIMEOUT_MS).then(take, take);
    }
  });
}

/** The timestamp in an answer, if it is one. */
function newestIn(answer: unknown): Timestamp | undefined {
  if (typeof answer !== 'object' || answer === null || !('newest' in answer)) return undefined;
  const { newest } = answer;
  const isTimestamp = typeof newest === 'number' && Number.isSafeInteger(newest) && newest >= -1;
  return isTimestamp ? newest : undefined;
}

/** What f + 1 of the replicas' answers bear out: one of them is honest. */
function provenNewest(newest: readonly Timestamp[], weakQuorum: number): Timestamp | undefined {
  return [...newest].sort((left, right) => right - left)[weakQuorum - 1];
}
