/**
 * The replica: inputs in, effects out. It does no I/O and reads no clock; what happens on each
 * input is in the files `on-*.ts`, what follows from it in `settling.ts`.
 */

import { applyCheckpoint, onCheckpointVote } from './sync/checkpointing.js';
import type {
  ClientId,
  Digest,
  ReplicaId,
  SequenceNumber,
  Timestamp,
  View,
} from './messages/ids.js';
import {
  type Certificate,
  type ProtocolMessage,
  type Request,
  type Tally,
  type Verified,
  type ViewChange,
  type Vote,
  isSlotCertificate,
  isSlotVote,
} from './messages/index.js';
import type { ReplicaConfig } from './model/config.js';
import type { Restored } from './model/durable.js';
import type { Effect } from './model/effect.js';
import type { Input, VerifiedMessage, Via } from './model/input.js';
import type { DifferingReplica } from './model/settings.js';
import { onDisconnected, onReconnected, onStarted } from './on-connected.js';
import { onStatus } from './on-status.js';
import { onTimerFired } from './on-timer-fired.js';
import { restore, resume } from './restoring.js';
import { type Screening, screen } from './screening.js';
import { settle } from './settling.js';
import { onCertificate } from './slot/on-certificate.js';
import { onPrePrepare } from './slot/on-pre-prepare.js';
import { onRequest, onRequests } from './slot/on-request.js';
import { onVote } from './slot/on-vote.js';
import { type VoteDemand, voteDemand } from './slot/vote-demand.js';
import { type ReplicaDependencies, ReplicaState } from './state/replica-state.js';
import { takeUpEarly } from './state/waiting-for-view.js';
import { onDecision } from './sync/on-decision.js';
import { onFetch } from './sync/on-fetch.js';
import { onFetchChunk, takePart } from './sync/state-transfer.js';
import { isTopic } from './state/attention.js';
import { putOff, takeUp } from './taking-part.js';
import { considerViewChange } from './view-change/changing-view.js';
import { beginView, considerNewView, onFetchViewChange } from './view-change/new-view.js';
import { leaveIfSuspected, onSuspicion } from './view-change/suspecting.js';
import { type Waiting, waitingFor } from './waiting.js';

/** What a replica says of itself. */
export interface ReplicaStatus {
  readonly view: View;
  /** False while it waits for the view to begin. */
  readonly active: boolean;
  /** Sequence number of the stable checkpoint. */
  readonly stableCheckpoint: SequenceNumber;
  readonly primary: ReplicaId;
  /** The collector that the next pre-prepare names, as far as is known; undefined in PBFT. */
  readonly collector: ReplicaId | undefined;
  readonly lastExecuted: SequenceNumber;
  readonly lowWatermark: SequenceNumber;
  readonly highWatermark: SequenceNumber;
  readonly pooledRequests: number;
  /** Slots in memory. */
  readonly slots: number;
  readonly ledgerHead: Digest;
  /** Whether f + 1 others were told the same, and no more differ than a quorum can do without. */
  readonly takesPart: boolean;
  /** Who was told something else, and what, by their own latest words. */
  readonly differing: readonly DifferingReplica[];
}

export class Replica {
  private readonly state: ReplicaState;
  private started = false;
  /** The state's digest when it was asked for last. */
  private digested: { readonly sequence: SequenceNumber; readonly digest: Digest } | undefined;

  /**
   * @param restored what an earlier run of this replica stored
   * @throws InvariantViolation when that contradicts itself
   */
  constructor(
    config: ReplicaConfig,
    dependencies: ReplicaDependencies,
    private restored?: Restored,
  ) {
    this.state = new ReplicaState(config, dependencies);
    if (restored !== undefined) restore(this.state, restored);
  }

  /**
   * Takes one input and returns what is to be done about it, in order.
   *
   * @param nowMs milliseconds on a monotonic clock, never less than in the step before
   * @throws InvariantViolation when the replica would contradict itself: the process must stop
   */
  step(input: Input, nowMs: number): readonly Effect[] {
    this.state.nowMs = nowMs;
    let next: Input | undefined = input;
    while (next !== undefined) {
      if (!putOff(this.state, next)) this.take(next);
      this.resume();
      settle(this.state);
      next = takeUp(this.state) ?? takeUpEarly(this.state);
    }
    return this.state.takeEffects();
  }

  /** Resumes, once, what was under way when an earlier run stopped, as soon as this one takes part. */
  private resume(): void {
    const { state, restored, started } = this;
    if (restored === undefined || !started || !state.takesPart) return;
    this.restored = undefined;
    resume(state, restored);
  }

  private take(input: Input): void {
    switch (input.kind) {
      case 'started':
        this.started = true;
        onStarted(this.state);
        break;
      case 'disconnected':
        onDisconnected(this.state);
        break;
      case 'reconnected':
        onReconnected(this.state);
        break;
      case 'timer-fired':
        onTimerFired(this.state, input.timer);
        break;
      case 'message':
        this.listen(input.message, input.via);
        dispatch(this.state, input.message, input.via);
        break;
    }
  }

  private listen(message: VerifiedMessage, via: Via): void {
    if (via === 'self' || !('replica' in message)) return;
    const { kind, replica } = message;
    if (replica !== this.state.self) this.state.heard.add(replica);
    if (isTopic(kind)) this.state.attention.count(kind, replica, this.state.nowMs);
  }

  status(): ReplicaStatus {
    const { state } = this;
    return {
      view: state.view,
      active: state.active,
      stableCheckpoint: state.checkpoints.stable.sequence,
      primary: state.primary,
      collector: state.dependencies.router.gatherer(state.nextCollector),
      lastExecuted: state.lastExecuted,
      lowWatermark: state.window.lowWatermark,
      highWatermark: state.window.highWatermark,
      pooledRequests: state.pool.size,
      slots: state.window.count,
      ledgerHead: state.ledgerHead,
      takesPart: state.takesPart,
      differing: state.othersSettings.differing,
    };
  }

  /** What it waits for; undefined when there is nothing to do. Changes nothing. */
  waiting(): Waiting | undefined {
    return waitingFor(this.state);
  }

  /**
   * Digest of the whole state: equal on all replicas that executed up to the same slot. It hashes what
   * changed since the last checkpoint, so it is too slow to be called for every message.
   */
  stateDigest(): Digest {
    const { lastExecuted, ledgerHead, chunks } = this.state;
    if (this.digested?.sequence !== lastExecuted) {
      this.digested = { sequence: lastExecuted, digest: chunks.digest(lastExecuted, ledgerHead) };
    }
    return this.digested.digest;
  }

  /**
   * Whether it is worth checking the signatures of `message`. Changes nothing.
   *
   * @param nowMs on the clock of `step`
   */
  screen(message: ProtocolMessage, nowMs = this.state.nowMs, via: Via = 'broadcast'): Screening {
    return screen(this.state, message, nowMs, via);
  }

  /** The verified vote of the same replica in the same phase and slot, so that it is checked once. */
  vote({ phase, sequence, replica }: Vote): Vote | undefined {
    return phase === 'checkpoint'
      ? this.state.checkpoints.vote(sequence, replica)
      : this.state.window.get(sequence)?.vote(phase, replica);
  }

  /** Whether the certificates in a view-change are worth checking. Changes nothing. */
  wantsProofs({ digest }: ViewChange): boolean {
    return this.state.viewChanges.asksFor(digest);
  }

  /** What is still wanted of votes like this one; undefined: nothing. Changes nothing. */
  voteDemand(vote: Vote): VoteDemand | undefined {
    return voteDemand(this.state, vote);
  }

  /** The verified request with `digest` if this replica holds it, so that it is checked once. */
  request(digest: Digest): Request | undefined {
    return this.state.pool.get(digest);
  }

  /** The highest timestamp of `client` that executed; undefined before the first. */
  newestTimestamp(client: ClientId): Timestamp | undefined {
    return this.state.clients.newest(client);
  }

  /** Votes seen so far on a decided slot that is still in memory. */
  tally(sequence: SequenceNumber): Tally | undefined {
    const slot = this.state.window.get(sequence);
    const decided = slot?.decidedDigest;
    return slot === undefined || decided === undefined
      ? undefined
      : slot.tally(this.state.self, decided);
  }
}

function dispatch(state: ReplicaState, message: VerifiedMessage, via: Via): void {
  switch (message.kind) {
    case 'request':
      onRequest(state, message, via);
      return;
    case 'requests':
      onRequests(state, message, via);
      return;
    case 'pre-prepare':
      onPrePrepare(state, message, via);
      return;
    case 'vote':
      if (isSlotVote(message)) onVote(state, message);
      else onCheckpointVote(state, message);
      return;
    case 'certificate':
      if (isSlotCertificate(message)) onCertificate(state, message, via);
      else applyCheckpoint(state, message as Verified<Certificate<'checkpoint'>>);
      // It may prove what view-changes report.
      beginView(state);
      return;
    case 'status':
      onStatus(state, message, via);
      return;
    case 'fetch':
      if (message.sequence === 0) onFetchViewChange(state, message);
      else onFetch(state, message);
      return;
    case 'fetch-chunk':
      onFetchChunk(state, message);
      return;
    case 'chunk-part':
      takePart(state, message);
      return;
    case 'decision':
      onDecision(state, message);
      return;
    case 'view-change':
      considerViewChange(state, message);
      leaveIfSuspected(state);
      return;
    case 'new-view':
      considerNewView(state, message);
      return;
    case 'suspicion':
      onSuspicion(state, message);
      return;
  }
}
