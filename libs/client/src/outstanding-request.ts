/**
 * One request from its first sending until its replies are complete.
 *
 * Invariant kept here: it is decided at most once, and what it was decided on never changes;
 * replies that come later only complete the list.
 */

import {
  DROPPED_RESULT,
  STALE_RESULT,
  type ReplicaId,
  type Reply,
  type Request,
  type RequestResult,
  type SequenceNumber,
  type Timestamp,
} from '@ccro/consensus';
import type { DigestedDraft } from '@ccro/crypto';
import { ClientError } from './client-error.js';
import { Deferred } from './deferred.js';
import type { Outcome, Submission } from './outcome.js';
import { ReplyCollection, type MatchedReplies } from './reply-collection.js';

export type RequestPhase = 'waiting' | 'settling' | 'closed';

export class OutstandingRequest {
  /** Made for who asks: most want one of the two. */
  private decidedPromise: Deferred<Outcome> | undefined;
  private settledPromise: Deferred<Outcome> | undefined;
  readonly replies: ReplyCollection;
  /** Replies that say that the result was dropped: they are no word on what it was. */
  private readonly dropped: ReplyCollection;
  /** Whether the result is being fetched from what nodes stored. */
  fetching = false;
  /** Retransmissions so far. */
  attempts = 0;

  private matched: MatchedReplies | undefined;
  private consensusTimeMs = 0;
  private currentPhase: RequestPhase = 'waiting';
  private failure: ClientError | undefined;

  /** As it is sent, each time the same; undefined before it is signed. */
  signed: Request | undefined;

  /**
   * @param weakQuorum f+1
   * @param sentAtMs when it was first sent, on the client's clock
   */
  constructor(
    readonly request: DigestedDraft,
    private readonly weakQuorum: number,
    private readonly sentAtMs: number,
  ) {
    this.replies = new ReplyCollection(weakQuorum);
    this.dropped = new ReplyCollection(weakQuorum);
  }

  get timestamp(): Timestamp {
    return this.request.timestamp;
  }

  get phase(): RequestPhase {
    return this.currentPhase;
  }

  /** From first sending to the decision, in milliseconds; 0 before it. */
  get ageAtDecisionMs(): number {
    return this.consensusTimeMs;
  }

  get decided(): Promise<Outcome> {
    this.decidedPromise ??= this.deferred(this.currentPhase !== 'waiting');
    return this.decidedPromise.promise;
  }

  get settled(): Promise<Outcome> {
    this.settledPromise ??= this.deferred(this.currentPhase === 'closed');
    return this.settledPromise.promise;
  }

  /**
   * Takes what a verified reply says on this request.
   *
   * @param stored whether it is what a node stored when the request executed
   */
  add(reply: Reply, result: RequestResult, stored = false): ReturnType<ReplyCollection['add']> {
    const isDropped = result.result === DROPPED_RESULT && !stored;
    return (isDropped ? this.dropped : this.replies).add(reply, result);
  }

  /** Where it executed, if f+1 replicas say that they dropped its result. */
  get droppedIn(): SequenceNumber | undefined {
    const matched = this.dropped.matched()?.result;
    return matched?.request === this.request.digest ? matched.sequence : undefined;
  }

  /**
   * Decides the request if f+1 replies match.
   *
   * @returns whether it was decided just now
   */
  decideIfMatched(nowMs: number): boolean {
    if (this.currentPhase !== 'waiting') return false;
    const matched = this.replies.matched();
    if (matched === undefined) return false;
    this.consensusTimeMs = nowMs - this.sentAtMs;
    this.matched = matched;
    const refusal = refusalIn(matched.result, this.request);
    if (refusal === undefined) {
      this.currentPhase = 'settling';
      this.decidedPromise?.resolve(this.outcome(matched));
    } else {
      this.fail(refusal);
    }
    return true;
  }

  /** No more replies are awaited. */
  settle(): void {
    if (this.matched === undefined || this.currentPhase !== 'settling') return;
    this.currentPhase = 'closed';
    this.settledPromise?.resolve(this.outcome(this.matched));
  }

  /** Gives up on the request. */
  fail(error: ClientError): void {
    if (this.currentPhase === 'settling') {
      this.settle();
      return;
    }
    this.currentPhase = 'closed';
    this.failure = error;
    this.decidedPromise?.reject(error);
    this.settledPromise?.reject(error);
  }

  private deferred(isOver: boolean): Deferred<Outcome> {
    const deferred = new Deferred<Outcome>();
    if (this.failure !== undefined) deferred.reject(this.failure);
    else if (isOver && this.matched !== undefined) deferred.resolve(this.outcome(this.matched));
    return deferred;
  }

  private outcome({ result, replies }: MatchedReplies): Outcome {
    const matching = new Set(replies.map(({ replica }) => replica));
    const views = replies.map(({ view }) => view).sort((a, b) => b - a);
    return {
      timestamp: result.timestamp,
      request: result.request,
      sequence: result.sequence,
      view: views[this.weakQuorum - 1] ?? 0,
      collector: collectorSaid(replies, this.weakQuorum),
      batch: result.batch,
      resultText: result.result,
      result: parseResult(result.result),
      consensusTimeMs: this.consensusTimeMs,
      replies: this.replies.all().map(({ replica, view, tally }) => ({
        replica,
        view,
        tally,
        matching: matching.has(replica),
      })),
      matching: matching.size,
      required: this.weakQuorum,
      proof: [...replies],
    };
  }
}

/** What callers get of it: to wait, not to end it. */
export function submissionOf(outstanding: OutstandingRequest): Submission {
  const { request } = outstanding;
  return {
    timestamp: request.timestamp,
    request,
    get decided() {
      return outstanding.decided;
    },
    get settled() {
      return outstanding.settled;
    },
  };
}

/** The collector that f+1 of the replicas name: of them one is honest. */
function collectorSaid(replies: readonly Reply[], weakQuorum: number): ReplicaId | null {
  const counts = new Map<ReplicaId, number>();
  for (const { collector } of replies) {
    if (collector === undefined) continue;
    const count = (counts.get(collector) ?? 0) + 1;
    if (count === weakQuorum) return collector;
    counts.set(collector, count);
  }
  return null;
}

function refusalIn(result: RequestResult, request: DigestedDraft): ClientError | undefined {
  if (result.request !== request.digest) {
    return new ClientError(
      'timestamp-reused',
      `timestamp ${request.timestamp} executed already, with another operation`,
    );
  }
  if (result.result === STALE_RESULT) {
    return new ClientError(
      'stale-timestamp',
      `timestamp ${request.timestamp} is too old to tell whether it executed`,
    );
  }
  return undefined;
}

/** f+1 replicas signed the text, so it is what the state machine made: JSON, unless it has a bug. */
function parseResult(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
