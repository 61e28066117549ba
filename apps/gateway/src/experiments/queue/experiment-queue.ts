import type { ExperimentPlan } from '@ccro/experiment';
import { QueueError } from '../../queue/queue-error.js';
import type { Experiment, ExperimentSummary } from '../experiment.js';

/** Injection token of the `ExperimentQueue`. */
export const EXPERIMENT_QUEUE = Symbol('EXPERIMENT_QUEUE');

/** Experiments that may wait or run at a time. */
export const MAX_UNFINISHED = 20;
/** Of those, of one caller with a key. */
export const MAX_UNFINISHED_OF_ONE = 5;
/** Of those that have ended, the newest are kept. */
export const MAX_ENDED = 100;

/**
 * Keeps experiments, and has them measured one after another.
 *
 * Invariants its implementations keep (`experiment-queue.contract.ts` holds them to it):
 * - at most one experiment a gateway is measured at a time, the one asked for first before others;
 * - a row that was reported stays; a cancelled experiment gets no further rows;
 * - what has ended does not change any more.
 */
export interface ExperimentQueue {
  /**
   * Makes it ready, and goes on with what an earlier process left behind.
   *
   * @throws RedisError when what it is kept in cannot be reached
   */
  open(): Promise<void>;

  /**
   * @param owner who asks; undefined where callers need no keys
   * @throws QueueError
   */
  add(plan: ExperimentPlan, owner?: string): Promise<Experiment>;

  /** @throws QueueError `unreachable` or `refused` */
  find(id: string): Promise<Experiment | undefined>;

  /** All that are kept, the newest first. @throws QueueError `unreachable` or `refused` */
  list(): Promise<readonly ExperimentSummary[]>;

  /**
   * Ends it, if it has not ended: what is being measured is given up at once.
   *
   * @returns how it is then; undefined where there is none
   * @throws QueueError `unreachable` or `refused`
   */
  cancel(id: string): Promise<Experiment | undefined>;

  /** Stops measuring; whatever is durable waits for the next process. Never throws. */
  close(): Promise<void>;
}

/**
 * Refuses another experiment for `owner`, in the same words for both queues.
 *
 * @param unfinished owners of those that wait or run
 * @throws QueueError `overloaded`
 */
export function requireRoom(
  unfinished: readonly (string | undefined)[],
  owner: string | undefined,
): void {
  const own = unfinished.filter((each) => each === owner).length;
  if (unfinished.length >= MAX_UNFINISHED) throw tooMany(`${MAX_UNFINISHED} experiments wait`);
  if (owner !== undefined && own >= MAX_UNFINISHED_OF_ONE) {
    throw tooMany(`${MAX_UNFINISHED_OF_ONE} experiments of this key wait`);
  }
}

function tooMany(what: string): QueueError {
  const message =
    `${what} already: come back when some have ended, ` +
    'or cancel one with DELETE /experiments/:id.';
  return new QueueError('overloaded', message);
}
