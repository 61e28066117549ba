import { errorStack } from '@ccro/foreign-text';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { channelNames, type ChannelNames } from '@ccro/broker';
import { troubleText } from '@ccro/redis';
import {
  DEFAULT_REPLICA_CONFIG,
  STANDING_OF,
  type Evidence,
  type ExecutedSlot,
  type Progress,
  type Via,
} from '@ccro/consensus';
import { createDigests } from '@ccro/crypto';
import { createBehaviour, seededRandom, type FaultKind } from '@ccro/faults';
import { systemClock } from '@ccro/clock';
import { LimitedLog } from '@ccro/program';
import { createRunner, type ReplicaRunner } from '@ccro/runner';
import { createStateMachine, DefinedApplication } from '@ccro/state-machine';
import type { ReplicaStore } from '@ccro/storage';
import { NodeReporter, type NodeState } from '@ccro/telemetry';
import type { Codec, Query } from '@ccro/wire';
import { NODE_OPTIONS, type NodeOptions } from '../node-options.js';
import { ReplicaMetrics } from '../metrics/replica-metrics.js';
import { LastHeard, NodeWatch } from '../watch/node-watch.js';
import { OPENED_STORE, type OpenedStore } from './opened-store.js';
import { progressText, restoredText } from './replica-text.js';

/** A node that is idle says where it is every `statusIntervalMs` (n/4 of them in large clusters). */
const STATUS_INTERVALS = 2.5;

/** Slots by how they were decided here. */
export interface DecisionCounts {
  /** In one round of votes: all n voted in time. */
  readonly fast: number;
  /** In two. */
  readonly slow: number;
  /** Elsewhere: this node got batch and proof. */
  readonly caughtUp: number;
}

/** Told of a query, and of the codec that it came in: its answer goes out in the same. */
type QueryListener = (query: Query, codec: Codec) => void;

/** Owns the replica of this node: its life, its faults, and what the log says about it. */
@Injectable()
export class ReplicaService implements BeforeApplicationShutdown, OnApplicationShutdown {
  readonly runner: ReplicaRunner;
  readonly store: ReplicaStore;
  private readonly heard: LastHeard;
  private readonly logger: Logger;
  private readonly watch: NodeWatch;
  private readonly reporter: NodeReporter;
  private queryListener: QueryListener | undefined;
  private readonly channels: ChannelNames;
  private stopped = false;
  private readonly counts = { fast: 0, slow: 0, caughtUp: 0 };

  constructor(
    @Inject(NODE_OPTIONS) private readonly options: NodeOptions,
    @Inject(OPENED_STORE) private readonly opened: OpenedStore,
    private readonly metrics: ReplicaMetrics,
  ) {
    const { store, restored } = opened;
    this.store = metrics.timed(store);
    this.logger = new Logger(`node ${options.self}`);
    const { members } = options.facts;
    this.heard = new LastHeard(members.length, options.self, () => systemClock.now());
    this.channels = channelNames(options.facts.cluster);
    this.runner = createRunner({
      ...options,
      store: this.store,
      restored,
      stateMachine: createStateMachine(this.ownApplications()),
      clock: systemClock,
      listener: {
        onReceived: (message) => {
          if ('replica' in message) this.heard.heard(message.replica);
          this.reporter.onReceived(message);
        },
        onSent: (to, message) => this.reporter.onSent(to, message),
        onExecuted: (slot) => this.onExecuted(slot),
        onProgress: (progress) => {
          this.logProgress(progress);
          this.metrics.onProgress(progress);
          this.reporter.onProgress(progress);
        },
        onEvidence: (evidence) => {
          this.logEvidence(evidence);
          this.reporter.onEvidence(evidence);
        },
        onReject: (code, from) =>
          this.logger.verbose(`rejected (${code}) from ${from ?? 'unknown'}`),
        onQuery: (query, codec) => this.queryListener?.(query, codec),
        onFatal: (error) => this.fail(error),
      },
    });
    this.reporter = this.createReporter();
    this.watch = this.createWatch();
    if (restored !== undefined) this.logger.log(restoredText(restored));
    if (options.fault !== undefined) this.setFault(options.fault);
  }

  /** Begins to take part. Call once the transport listens. */
  start(): void {
    this.options.broker.onConnectionChange((connected) => {
      if (this.stopped) return;
      this.logger.warn(
        connected ? 'broker is back, asking what was missed' : 'broker is away, waiting for it',
      );
      if (connected) this.runner.reconnected();
      else this.runner.disconnected();
    });
    this.options.broker.troubles?.onChange((change) => this.logger.warn(troubleText(change)));
    this.runner.start();
    this.reporter.start();
    this.watch.start();
  }

  /** Why no client should count on this node now; undefined when one may. */
  notReady(): string | undefined {
    return this.watch.notReady();
  }

  /** Takes bytes from a channel; their sender is unknown. */
  receive(channel: string, payload: Uint8Array): void {
    const via: Via = channel === this.channels.broadcast ? 'broadcast' : 'direct';
    this.runner.receive(payload, via);
  }

  /** Registers who answers queries. */
  onQuery(listener: QueryListener): void {
    this.queryListener = listener;
  }

  /** Makes this node faulty in the given way, or honest again with `undefined`. */
  setFault(kind: FaultKind | undefined): void {
    const { self, facts, faultSeed } = this.options;
    if (kind === undefined) {
      this.runner.setBehaviour(undefined);
      return;
    }
    this.logger.log(`this node is now faulty: ${kind}`);
    const random = seededRandom(`${faultSeed ?? 1}:${self}`);
    const { cluster, members } = facts;
    const context = { self, n: members.length, cluster, digests: createDigests(), random };
    this.runner.setBehaviour(createBehaviour(kind, context));
  }

  /** How slots came to be executed here, since the start. */
  get decisions(): DecisionCounts {
    return { ...this.counts };
  }

  /** Reports what this node must not go on after; nothing once it stops anyway. */
  fail(error: unknown): void {
    if (!this.stopped) this.options.onFatal(error);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.reporter.stop();
    this.watch.stop();
    await this.runner.stop();
  }

  /** Nobody asks for stored decisions any more. */
  async onApplicationShutdown(): Promise<void> {
    await this.store.close();
    this.opened.release();
  }

  private ownApplications(): readonly DefinedApplication[] {
    const { stateMachine } = this.options;
    if (stateMachine === undefined) return [];
    // Any caller that may submit can make it throw, as often and with any text they like.
    const log = new LimitedLog((line) => this.logger.error(line));
    const onThrow = (error: unknown, type: string): void =>
      log.add(`${type} threw`, () => `${type} threw and has no effect: ${textOf(error)}`);
    return [new DefinedApplication(stateMachine, onThrow)];
  }

  private createReporter(): NodeReporter {
    const { facts, self, broker } = this.options;
    const channel = this.channels.telemetry(self);
    return new NodeReporter({
      self,
      n: facts.members.length,
      clock: systemClock,
      publish: (payload) => broker.publish(channel, payload),
      state: () => this.reportedState(),
    });
  }

  /** Asked for only while somebody listens to telemetry. */
  private reportedState(): NodeState {
    const { view, primary, collector = null, lastExecuted } = this.runner.status();
    const { received, rejects, badVotes, unsent } = this.runner.counters();
    const counters = {
      received,
      rejected: sumOf(rejects),
      unsent,
      badVotes: sumOf(badVotes),
      ...this.counts,
    };
    const fault = this.runner.fault ?? null;
    return { view, primary, collector, lastExecuted, fault, counters };
  }

  private createWatch(): NodeWatch {
    const { runner, heard } = this;
    const { broker, facts, tuning } = this.options;
    const { statusIntervalMs } = { ...DEFAULT_REPLICA_CONFIG, ...tuning };
    return new NodeWatch({
      node: {
        waiting: () => runner.waiting(),
        lastExecuted: () => runner.status().lastExecuted,
        brokerConnected: () => broker.connected,
        brokerTrouble: () => broker.troubles?.reason,
        isOffline: () => runner.fault === 'offline',
      },
      heard,
      clock: systemClock,
      silentAfterMs: STATUS_INTERVALS * statusIntervalMs * Math.max(1, facts.members.length / 4),
      warn: (text) => this.logger.warn(text),
    });
  }

  private onExecuted(slot: ExecutedSlot): void {
    if (slot.durationMs === undefined) this.counts.caughtUp += 1;
    else this.counts[slot.fast ? 'fast' : 'slow'] += 1;
    this.metrics.onExecuted(slot);
    this.logExecuted(slot);
    this.reporter.onExecuted(slot);
  }

  private logExecuted(slot: ExecutedSlot): void {
    const how =
      slot.durationMs === undefined ? 'by catching up' : `in ${slot.durationMs.toFixed(1)} ms`;
    const fast = slot.fast ? ', all voted' : '';
    const detour = slot.fellBack ? ', votes broadcast because no certificate came in time' : fast;
    this.logger.debug(
      `executed ${slot.sequence} (${slot.requests} requests, view ${slot.view}) ${how}${detour}`,
    );
  }

  private logProgress(progress: Progress): void {
    const { kind } = progress;
    const level = kind === 'stable-checkpoint' ? 'debug' : isWarning(kind) ? 'warn' : 'log';
    this.logger[level](progressText(progress));
  }

  private logEvidence(evidence: Evidence): void {
    const { accused, kind } = evidence;
    this.logger.debug(`evidence against node ${accused} (${STANDING_OF[kind]}): ${kind}`);
  }
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function isWarning(kind: Progress['kind']): boolean {
  return ['settings-differ', 'takes-no-part', 'takes-part-again'].includes(kind);
}

/** What was thrown may be anything, and throw itself when it is asked what it says. */
function textOf(error: unknown): string {
  try {
    return errorStack(error);
  } catch {
    return 'what was thrown cannot be shown';
  }
}
