import type { FinishedAnswer, Idempotency, RequestAnswer } from '../answers/request-record.js';

/** Injection token of the `RequestQueue`. */
export const REQUEST_QUEUE = Symbol('REQUEST_QUEUE');

/** What one call asks for. */
export interface Call {
  /** Texts for the state machine, in order; accepted all of them or none. */
  readonly operations: readonly string[];
  /** Who shares what may be pending with others. */
  readonly caller?: string | undefined;
  /** Whose requests they are; undefined: everybody's. */
  readonly owner?: string | undefined;
  /** Under the caller's idempotency key, if there is one. */
  readonly idempotency?: Idempotency;
}

/** A request that was accepted. `id` names (client, timestamp): it is unique for ever. */
export interface AcceptedRequest {
  readonly id: string;
  /** Where it is, as far as this process knows by now. */
  readonly answer: RequestAnswer;
  /** Whether another process sees to it, so that `finished` may stay open. */
  readonly elsewhere: boolean;
  /** Resolves to how it ended. Stays open when the queue is closed before; never rejects. */
  readonly finished: Promise<FinishedAnswer>;
}

/** How many requests are in which state. */
export interface RequestCounts {
  /** Those this process handles now. */
  readonly pending: number;
  /** Those it brought to their end since it started. */
  readonly decided: number;
  readonly failed: number;
}

/**
 * Keeps requests from the moment they are accepted until the cluster has decided them, and what
 * became of them after that. It signs and sends them as the client of the cluster that it is.
 *
 * Invariants its implementations keep (`request-queue.contract.ts` holds them to it):
 * - what is accepted is sent until it is decided or refused, and never forgotten before;
 * - a timestamp is never used for another operation, so that nothing executes twice;
 * - an idempotency key is accepted once, by however many callers and gateways it is used;
 * - an answer is recorded before anyone is told of it, and never changes;
 * - bounded memory: answers under no idempotency key are kept as long as they are among the
 *   newest, those under a key for as long as the key.
 */
export interface RequestQueue {
  /** Whether what it accepted outlives this process. */
  readonly durable: boolean;

  /**
   * Makes it ready, and takes up what an earlier process left behind.
   *
   * @throws RedisError when what it is kept in cannot be reached
   */
  open(): Promise<void>;

  /**
   * Accepts all operations of a call, or none. A call whose idempotency key was accepted before
   * gets the requests that were accepted then. Which caller may have how much is not decided here: what
   * `CallerShares` admitted is refused as `overloaded` only where all that may be pending ever is.
   *
   * @throws QueueError, whose code says whether anything was accepted
   */
  accept(call: Call): Promise<readonly AcceptedRequest[]>;

  /** Requests that are pending here, those on their way in included. */
  readonly pending: number;

  /** Whether any call would be refused at the moment, as `overloaded`, whoever makes it. */
  isFull(): boolean;

  /** Why nothing should be handed to it, in words; undefined when there is no reason. */
  trouble(): string | undefined;

  /** @throws QueueError `unreachable` or `refused` */
  find(id: string): Promise<RequestAnswer | undefined>;

  /**
   * Whose a request is, as its call said, wherever it is pending; undefined: everybody's, or one that is
   * not known.
   *
   * @throws QueueError `unreachable` or `refused`
   */
  ownerOf(id: string): Promise<string | undefined>;

  /** Adds a listener for the end of each request that this process saw to. */
  onFinished(listener: (answer: FinishedAnswer) => void): void;

  counts(): RequestCounts;

  /** Stops sending; whatever is durable waits for the next process. Never throws. */
  close(): Promise<void>;
}
