/** Asking the replicas which timestamps of this client they executed. */

import type { ClusterSize, ReplicaId, Timestamp } from '@ccro/consensus';
import type { NodeQuery } from '@ccro/wire';
import type { Clock } from '@ccro/clock';
import { provenNewest } from './timestamps.js';

/** How long replicas have to answer, and the pause before they are asked again. */
const TIMEOUT_MS = 1000;
const PAUSE_MS = { first: 50, longest: 2000 } as const;

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
