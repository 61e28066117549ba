/**
 * Reports what a node does while there are listeners.
 *
 * Once a second a summary is published; the broker says how many received it. Only if any did, details
 * are collected and reported too: at most ten reports a second, in bounded memory, and none before the
 * broker has taken the last. What does not fit is counted and left out: telemetry waits for nothing, and
 * nothing waits for it.
 */

import type { Clock } from '@ccro/clock';
import type {
  Destination,
  Evidence,
  ExecutedSlot,
  Progress,
  ReplicaId,
  VerifiedMessage,
} from '@ccro/consensus';
import type { SealedMessage } from '@ccro/crypto';
import { encodeReport, REPORT_LIMITS, type NodeReport, type NodeState } from './node-report.js';
import { SlotSampling } from './slot-sampling.js';
import {
  slotOf,
  reportedDecision,
  reportedDestination,
  reportedEvidence,
  reportedMessage,
  reportedProgress,
} from './report-entries.js';

const SUMMARY_EVERY_MS = 1_000;
const LEAST_INTERVAL_MS = 100;
/** Reports a second of all nodes together: large clusters tell less often. */
const REPORTS_PER_SECOND = 160;
/** Slots whose first message is remembered. */
const MAX_SLOTS = 128;

export interface NodeReporterParts {
  readonly self: ReplicaId;
  readonly n: number;
  readonly clock: Clock;
  /** Publishes on the telemetry channel. @returns how many received it */
  readonly publish: (payload: Uint8Array) => Promise<number>;
  /** Asked for only when a report is made. */
  readonly state: () => NodeState;
}

type Entries = {
  -readonly [List in keyof typeof REPORT_LIMITS]: NodeReport[List];
};

const noEntries = (): Entries => ({ messages: [], decisions: [], progress: [], evidence: [] });

export class NodeReporter {
  private readonly sampling = new SlotSampling();
  private readonly intervalMs: number;
  /** When the first message about a slot was seen here, of the newest slots. */
  private readonly firstSeen = new Map<number, number>();
  private entries = noEntries();
  private omitted = 0;
  private hasListeners = false;
  private reportedAtMs = -Infinity;
  private cancelTick: (() => void) | undefined;
  private stopped = false;

  constructor(private readonly parts: NodeReporterParts) {
    this.intervalMs = Math.max(LEAST_INTERVAL_MS, (parts.n * 1_000) / REPORTS_PER_SECOND);
  }

  /** Whether anyone received the last report. */
  get heard(): boolean {
    return this.hasListeners;
  }

  start(): void {
    this.scheduleTick();
  }

  stop(): void {
    this.stopped = true;
    this.cancelTick?.();
    this.forget();
  }

  /** A verified message reached this node. */
  onReceived(message: VerifiedMessage): void {
    // Decisions come long after, when this node catches up: no slot begins with one.
    if (!this.hasListeners || message.kind === 'decision') return;
    const sequence = slotOf(message);
    if (sequence !== undefined && this.sampling.includes(sequence)) this.msSinceFirst(sequence);
  }

  /** This node sends `message`, be it true or a lie. */
  onSent(to: Destination, message: SealedMessage): void {
    if (!this.hasListeners) return;
    const sequence = slotOf(message);
    if (sequence !== undefined && !this.sampling.includes(sequence)) return;
    // It names no slot, and there are as many of them as there are decisions.
    if (message.kind === 'brief-reply' && this.sampling.every > 1) return;
    const entry = reportedMessage(message);
    if (entry === undefined) return;
    const afterMs = sequence === undefined ? 0 : this.msSinceFirst(sequence);
    const where = { sequence: sequence ?? null, to: reportedDestination(to), afterMs };
    this.note('messages', { ...entry, ...where });
  }

  onExecuted(slot: ExecutedSlot): void {
    if (!this.hasListeners) return;
    this.sampling.executed(slot.sequence, this.parts.clock.now());
    if (this.sampling.includes(slot.sequence)) this.note('decisions', reportedDecision(slot));
  }

  onProgress(progress: Progress): void {
    if (!this.hasListeners) return;
    const entry = reportedProgress(progress);
    if (entry !== undefined) this.note('progress', entry);
  }

  onEvidence(evidence: Evidence): void {
    if (this.hasListeners) this.note('evidence', reportedEvidence(evidence));
  }

  private note<List extends keyof Entries>(list: List, entry: Entries[List][number]): void {
    const entries: Entries[List][number][] = this.entries[list];
    if (entries.length < REPORT_LIMITS[list]) entries.push(entry);
    else this.omitted += 1;
  }

  private msSinceFirst(sequence: number): number {
    const nowMs = this.parts.clock.now();
    const firstMs = this.firstSeen.get(sequence);
    if (firstMs !== undefined) return Math.round((nowMs - firstMs) * 1_000) / 1_000;
    this.firstSeen.set(sequence, nowMs);
    for (const oldest of this.firstSeen.keys()) {
      if (this.firstSeen.size <= MAX_SLOTS) break;
      this.firstSeen.delete(oldest);
    }
    return 0;
  }

  private scheduleTick(): void {
    if (this.stopped) return;
    const afterMs = this.hasListeners ? this.intervalMs : SUMMARY_EVERY_MS;
    this.cancelTick = this.parts.clock.schedule(afterMs, () => {
      // The next one is due only when the broker has taken this one: it never piles up.
      void this.tell().then(() => this.scheduleTick());
    });
  }

  private async tell(): Promise<void> {
    const nowMs = this.parts.clock.now();
    this.sampling.advance(nowMs);
    if (!this.hasNews() && nowMs - this.reportedAtMs < SUMMARY_EVERY_MS) return;
    const report = this.takeReport();
    this.reportedAtMs = nowMs;
    const receivers = await this.parts.publish(encodeReport(report)).catch(() => 0);
    this.hasListeners = receivers > 0 && !this.stopped;
    if (!this.hasListeners) this.forget();
  }

  private hasNews(): boolean {
    return Object.values(this.entries).some((list) => list.length > 0);
  }

  private takeReport(): NodeReport {
    const { entries, omitted } = this;
    this.entries = noEntries();
    this.omitted = 0;
    const { self, state } = this.parts;
    const { every } = this.sampling;
    return { kind: 'telemetry', node: self, state: state(), every, ...entries, omitted };
  }

  private forget(): void {
    this.entries = noEntries();
    this.omitted = 0;
    this.firstSeen.clear();
  }
}
