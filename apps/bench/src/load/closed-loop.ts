/** So many requests under way at a time: each decision makes room for the next request. */

import type { CcroClient } from '@ccro/client';
import { Overdue, Quit } from '@ccro/clock';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { OPERATION_BYTES, operationOf } from '@ccro/measurement';

/** No load goes on for longer without a decision. */
const STALL_BOUND_MS = 60_000;
const STALL_LOOK_MS = 1_000;
/** What every request asks for. */
const OPERATION = operationOf(OPERATION_BYTES);

export interface LoopPlan {
  readonly requests: number;
  readonly inFlight: number;
}

export interface LoopFigures {
  /** Milliseconds from handing in to the f+1st matching reply, in the order of decision. */
  readonly timesMs: Float64Array;
  readonly durationMs: number;
  readonly perSecond: number;
}

/**
 * Submits `requests` and resolves when all are decided.
 *
 * @throws Quit when `stop` aborts, Overdue when nothing is decided any more; the client is closed
 *   then; else what the client rejects with
 */
export async function closedLoop(
  client: CcroClient,
  { requests, inFlight }: LoopPlan,
  stop: AbortSignal,
): Promise<LoopFigures> {
  const timesMs = new Float64Array(requests);
  let handedIn = 0;
  let decided = 0;
  const worker = async (): Promise<void> => {
    while (handedIn < requests) {
      if (stop.aborted) throw new Quit();
      handedIn += 1;
      const startedMs = performance.now();
      // Timestamps may not run ahead of the oldest request by more than the replicas' window.
      while (client.capacity <= 0) await nextTurn();
      await client.submit(OPERATION).decided;
      timesMs[decided] = performance.now() - startedMs;
      decided += 1;
    }
  };
  const onStop = (): void => client.close();
  stop.addEventListener('abort', onStop, { once: true });
  const startedMs = performance.now();
  const stall = { decided: 0, sinceMs: startedMs, isOver: false };
  // Keeps the process alive besides, which the client's timers do not.
  const watch = setInterval(() => {
    if (decided !== stall.decided) Object.assign(stall, { decided, sinceMs: performance.now() });
    if (performance.now() - stall.sinceMs < STALL_BOUND_MS) return;
    stall.isOver = true;
    client.close();
  }, STALL_LOOK_MS);
  try {
    await Promise.all(Array.from({ length: Math.min(inFlight, requests) }, worker));
  } catch (error) {
    if (stop.aborted) throw new Quit();
    throw stall.isOver ? new Overdue('a decision', STALL_BOUND_MS) : error;
  } finally {
    clearInterval(watch);
    stop.removeEventListener('abort', onStop);
  }
  const durationMs = performance.now() - startedMs;
  return { timesMs, durationMs, perSecond: (requests / durationMs) * 1000 };
}
