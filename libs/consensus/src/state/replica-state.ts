import type { ClientId, Digest, ReplicaId, SequenceNumber, View } from '../messages/ids.js';
import type { PrePrepare } from '../messages/index.js';
import { type ClusterSize, type ReplicaConfig, clusterSize } from '../model/config.js';
import type { StoreRecord } from '../model/durable.js';
import type { Effect } from '../model/effect.js';
import type { Input } from '../model/input.js';
import type { CertificateAssembler, Digests, StateMachine, VoteRouter } from '../model/ports.js';
import { primaryOf } from '../model/quorum.js';
import type { RejectCode } from '../model/rejection.js';
import { collectorOf } from '../routing/collector.js';
import { type AnswerKind, AnswerBudget } from './answer-budget.js';
import { CertificateDelay } from './certificate-delay.js';
import { Checkpoints } from './checkpoints.js';
import { ClientTable } from './client-table.js';
import { Attention } from './attention.js';
import { EarlyMessages } from './early-messages.js';
import { FastPath } from './fast-path.js';
import { Recovery } from './recovery.js';
import { RequestPool } from './request-pool.js';
import { SettingsOfOthers } from './settings-of-others.js';
import { SlotWindow } from './slot-window.js';
import { StateChunks } from './state-chunks.js';
import { Suspicions } from './suspicions.js';
import type { Transfer } from './transfer.js';
import { ViewChanges } from './view-changes.js';
import type { WatchedRequest } from './watched-request.js';

/** What a replica needs from outside, chosen once where it is wired. */
export interface ReplicaDependencies {
  readonly digests: Digests;
  readonly certificates: CertificateAssembler;
  readonly router: VoteRouter;
  readonly stateMachine: StateMachine;
}

/** Replicas reconnect within so much of each other: each tries about once a second. */
const ALL_BACK_MS = 2000;

/** Of a view's time: what is measured on a starved machine may be anything. */
const MAX_VIEW_CHANGE_COST = 16;

/** What is remembered of a decision that executed. */
interface ExecutedDecision {
  /** About how much passing it on takes. */
  readonly bytes: number;
  /** Who was sent it since. */
  readonly sentTo: Set<ReplicaId>;
}

/**
 * Everything a replica knows, and the effects of the step under way. Handlers are functions over
 * this state; it has no behaviour of its own beyond what all of them share.
 */
export class ReplicaState {
  readonly size: ClusterSize;
  readonly window: SlotWindow;
  readonly pool: RequestPool;
  readonly clients: ClientTable;
  readonly certificateDelay: CertificateDelay;
  readonly fastPath: FastPath;
  readonly recovery: Recovery;
  readonly checkpoints: Checkpoints;
  readonly viewChanges: ViewChanges;
  readonly suspicions = new Suspicions();
  readonly chunks: StateChunks;
  readonly answers = new AnswerBudget();
  /** How often other replicas are listened to. */
  readonly attention = new Attention();
  readonly othersSettings = new SettingsOfOthers();
  /** Who has said anything since this replica started, and what it said was verified. */
  readonly heard = new Set<ReplicaId>();
  /** What came of the view that this replica waits for. */
  readonly early = new EarlyMessages();

  view: View = 0;
  /** False from leaving a view until the next one begins: then it votes for nothing. */
  active = true;
  /** True until enough others have said that they were told the same, see `taking-part.ts`. */
  isListening = false;
  /** True while too many others were told something else. */
  isApart = false;
  /** What this replica takes up when it takes part, and about how many bytes that is. */
  readonly putOff: Input[] = [];
  putOffBytes = 0;
  /** True while the broker is away. */
  isAway = false;
  /** When it was back last, on this replica's clock. */
  backAtMs = -Infinity;
  /** True while the broker is away, or this replica takes no part: nobody is blamed for silence. */
  paused = false;
  /** Views left since something executed; each doubles the time the next primary gets. */
  failedViews = 0;
  /** Whether the time for the view that this replica waits for is running. */
  newViewTimed = false;
  /** When f + 1 asked for the view that this replica waits for, on its clock. */
  supportedAtMs: number | undefined;
  /** What a view change was seen to take; less with each slot that executes in its own view. */
  viewChangeCostMs = 0;
  /** The oldest waiting request, whose clock is running. */
  watchedRequest: WatchedRequest | undefined;
  /** The last view for which this replica, as its primary, made a new-view. */
  newViewMadeFor: View = 0;
  /** What the current view must propose for slots that earlier views began. */
  carriedOver: ReadonlyMap<SequenceNumber, Digest> = new Map();
  lastExecuted: SequenceNumber = 0;
  /** When that executed. */
  executedAtMs = 0;
  /** The next sequence number this replica assigns as primary. */
  nextSequence: SequenceNumber = 1;
  ledgerHead: Digest;
  /** Slots in a row whose collector failed. */
  fallenBackInARow = 0;
  /** Two pre-prepares that convict the primary whose view was left for them. */
  equivocation: readonly [PrePrepare, PrePrepare] | undefined;
  /** The collector that the primary of the current view names for its next slot, or is to. */
  nextCollector: ReplicaId;
  /** The highest slot of the current view whose pre-prepare was accepted. */
  collectorNamedAt: SequenceNumber = 0;
  /** The state that is being fetched, because this replica is far behind. */
  transfer: Transfer | undefined;
  /** Slots whose pre-prepare waits for request bodies. */
  readonly slotsAwaitingBodies = new Set<SequenceNumber>();
  /** Time of the step under way, milliseconds on the runner's monotonic clock. */
  nowMs = 0;

  private effects: Effect[] = [];
  /** The decisions that were executed last. */
  private readonly executed = new Map<SequenceNumber, ExecutedDecision>();

  constructor(
    readonly config: ReplicaConfig,
    readonly dependencies: ReplicaDependencies,
  ) {
    this.size = clusterSize(config.n);
    this.window = new SlotWindow(config.windowSlots, config.n);
    this.pool = new RequestPool(config.clientWindow, config.maxPooledRequests);
    this.clients = new ClientTable(config.clientWindow);
    this.certificateDelay = new CertificateDelay(initialCertificateTimeoutMs(config.n), {
      min: Math.max(config.certificateTimeoutMs.min, 2 * config.n),
      max: Math.max(config.certificateTimeoutMs.max, 20 * config.n),
    });
    this.fastPath = new FastPath(stragglerWaitMs(config), () => this.certificateDelay.usualMs);
    this.recovery = new Recovery(this.size);
    this.nextCollector = collectorOf(this.primary, config.n, 0);
    this.ledgerHead = dependencies.digests.batch([]);
    this.checkpoints = new Checkpoints(this.ledgerHead);
    this.viewChanges = new ViewChanges(this.size);
    this.chunks = new StateChunks(this.clients, dependencies);
  }

  get self(): ReplicaId {
    return this.config.self;
  }

  get primary(): ReplicaId {
    return primaryOf(this.view, this.size.n);
  }

  /** All replicas, this one included. */
  get everyone(): readonly ReplicaId[] {
    return Array.from({ length: this.size.n }, (_, replica) => replica);
  }

  /**
   * Whether the slot at `sequence` has executed here, in whatever way: by its certificate, by a
   * decision that a peer passed on, or as part of a state that was fetched.
   */
  hasExecuted(sequence: SequenceNumber): boolean {
    return sequence <= this.lastExecuted;
  }

  /** Notes how much passing on the decision of `sequence` takes, which executes now. */
  noteDecision(sequence: SequenceNumber, bytes: number): void {
    this.executed.set(sequence, { bytes, sentTo: new Set() });
    // A state that was fetched leaves out slots, which leave nothing behind either.
    for (const oldest of this.executed.keys()) {
      if (oldest > sequence - 2 * this.config.windowSlots) break;
      this.executed.delete(oldest);
    }
  }

  /** About how many bytes a decision takes; of one that is not remembered, as many as one may. */
  decisionBytes(sequence: SequenceNumber): number {
    return this.executed.get(sequence)?.bytes ?? this.config.maxBatchCharacters;
  }

  /** Which budget the decision of `sequence` is sent from: few who get it need it twice. */
  decisionKind(sequence: SequenceNumber, to: ReplicaId): AnswerKind {
    return this.executed.get(sequence)?.sentTo.has(to) === true ? 'again' : 'decisions';
  }

  /** Notes that `to` is sent the decision of `sequence`. */
  noteSent(sequence: SequenceNumber, to: ReplicaId): void {
    this.executed.get(sequence)?.sentTo.add(to);
  }

  get isPrimary(): boolean {
    return this.primary === this.self;
  }

  /** Whether the broker was back just now, so that others may still be without it. */
  get isJustBack(): boolean {
    return this.nowMs - this.backAtMs < ALL_BACK_MS;
  }

  /** Whether every other replica is known to run: who never spoke is not waited for. */
  get hasHeardAll(): boolean {
    return this.heard.size >= this.size.n - 1;
  }

  /** Whether it votes, proposes, asks for views and executes. */
  get takesPart(): boolean {
    return !this.isListening && !this.isApart;
  }

  /** How long the oldest request, or a new view, may take. */
  get viewTimeoutMs(): number {
    // Replicas that share one machine take turns: n of them need time in proportion to n.
    const base = Math.max(this.config.requestTimeoutMs, 60 * this.size.n);
    const doubled = base * 2 ** Math.min(Math.max(0, this.failedViews - 1), 8);
    return Math.max(doubled, Math.min(this.viewChangeCostMs, MAX_VIEW_CHANGE_COST * base));
  }

  /** A slot executed in its own view: its primary does its work. */
  noteViewWorks(): void {
    this.failedViews = 0;
    this.viewChangeCostMs = Math.floor(this.viewChangeCostMs / 2);
  }

  /** A view begins: of its collectors nothing is known yet. */
  startCollectorsAnew(): void {
    this.nextCollector = collectorOf(this.primary, this.size.n, 0);
    this.collectorNamedAt = 0;
  }

  emit(effect: Effect): void {
    this.effects.push(effect);
  }

  /** Asks for `records` to be durable before anything emitted later is visible. */
  persist(...records: StoreRecord[]): void {
    this.emit({ kind: 'persist', records });
  }

  reject(code: RejectCode, from?: ReplicaId | ClientId): void {
    this.emit({ kind: 'reject', code, from });
  }

  /** Hands over the effects of the step and starts a new list. */
  takeEffects(): Effect[] {
    const effects = this.effects;
    this.effects = [];
    return effects;
  }
}

/** Replicas that share one machine vote in turn. */
function stragglerWaitMs({ n, stragglerWaitMs: { min, max } }: ReplicaConfig): {
  readonly min: number;
  readonly max: number;
} {
  const factor = Math.max(1, n / 4);
  return { min: min * factor, max: max * factor };
}

/**
 * Until the first certificate was measured: every replica may share one machine, where a phase
 * costs time in proportion to n.
 */
function initialCertificateTimeoutMs(n: number): number {
  return 120 + 20 * n;
}
