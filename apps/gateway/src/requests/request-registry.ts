import type { Acceptance, FinishedAnswer, RequestAnswer } from './request-record.js';

/** Injection token of the `RequestRegistry`. */
export const REQUEST_REGISTRY = Symbol('REQUEST_REGISTRY');

/** How many requests are in which state. */
export interface RequestCounts {
  readonly pending: number;
  /** Since the gateway started, those forgotten since included. */
  readonly decided: number;
  readonly failed: number;
}

/**
 * What was accepted and what became of it.
 *
 * Invariants its implementations keep: what is pending is never forgotten; an answer once given
 * never changes; an idempotency key is kept as long as a request that was accepted under it.
 */
export interface RequestRegistry {
  /** Records requests that were accepted, all of them or none. */
  accept(acceptance: Acceptance): void;
  /** Records how a pending request ended. */
  finish(answer: FinishedAnswer): void;
  find(id: string): RequestAnswer | undefined;
  findByKey(key: string): Acceptance | undefined;
  counts(): RequestCounts;
}
