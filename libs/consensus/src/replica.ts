/**
 * The replica: inputs in, effects out. It does no I/O and reads no clock; what happens on each
 * input is in `handlers/on-*.ts`, the rules they share in the files beside this one.
 */

import type { ReplicaConfig } from './config.js';
import type { Restored } from './durable.js';
import type { Effect } from './effect.js';
import type { ClientId, Digest, ReplicaId, SequenceNumber, Timestamp, View } from './ids.js';
import type { Input, VerifiedMessage, Via } from './input.js';
import { onCertificate } from './handlers/on-certificate.js';
import { onDisconnected, onReconnected, onStarted } from './handlers/on-connected.js';
import { onDecision } from './handlers/on-decision.js';
import { onFetch } from './handlers/on-fetch.js';
import { onNewView } from './handlers/on-new-view.js';
import { onPrePrepare } from './handlers/on-pre-prepare.js';
import { onRequest, onRequests } from './handlers/on-request.js';
import { onStatus } from './handlers/on-status.js';
import { onTimerFired } from './handlers/on-timer-fired.js';
import { onViewChange } from './handlers/on-view-change.js';
import { onSuspicion } from './view-change/suspecting.js';
import { onVote } from './handlers/on-vote.js';
import type { ProtocolMessage, Request, Tally, ViewChange, Vote } from './messages.js';
import { restore, resume } from './restoring.js';
import { onFetchChunk, takePart } from './state-transfer.js';
import { screen, type Screening } from './screening.js';
import type { DifferingReplica } from './state/settings-of-others.js';
import { putOff, takeUp } from './taking-part.js';
import { ReplicaState, type ReplicaDependencies } from './state/replica-state.js';
import { voteDemand, type VoteDemand } from './vote-demand.js';
import { waitingFor, type Waiting } from './waiting.js';

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
      next = takeUp(this.state);
    }
    return this.state.takeEffects();
  }

  /** Takes up what was under way when an earlier run stopped, once, as soon as this one takes part. */
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
        dispatch(this.state, input.message, input.via);
        break;
    }
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
   * Digest of everything this replica's state consists of: equal on all that executed equally
   * far. Hashes what changed since a checkpoint was taken, so it is not for every message.
   */
  stateDigest(): Digest {
    const { lastExecuted, ledgerHead, chunks } = this.state;
    if (this.digested?.sequence !== lastExecuted) {
      this.digested = { sequence: lastExecuted, digest: chunks.digest(lastExecuted, ledgerHead) };
    }
    return this.digested.digest;
  }

  /** Whether it is worth checking the signatures of `message`. Changes nothing. */
  screen(message: ProtocolMessage): Screening {
    return screen(this.state, message);
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
      onVote(state, message);
      return;
    case 'certificate':
      onCertificate(state, message, via);
      return;
    case 'status':
      onStatus(state, message, via);
      return;
    case 'fetch':
      onFetch(state, message);
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
      onViewChange(state, message);
      return;
    case 'new-view':
      onNewView(state, message);
      return;
    case 'suspicion':
      onSuspicion(state, message);
      return;
  }
}
