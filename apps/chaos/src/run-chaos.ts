/** One chaos run, from an empty directory to a judgement. */

import { clusterKeys } from '@ccro/cluster-config';
import { maxFaulty } from '@ccro/consensus';
import { errorMessage } from '@ccro/foreign-text';
import { ReceiptVerifier } from '@ccro/receipt';
import { LedgerArchive } from './audit/ledger-archive.js';
import { readBack, readReceipts, type GatewayAudit } from './audit/gateway-audit.js';
import { readNodeLedgers, type NodeLedger } from './audit/node-ledgers.js';
import type { RecoveryBound } from './checks/check-recovery.js';
import { judge, type Judgement } from './checks/run-checks.js';
import { AffectedNodes } from './faults/fault-context.js';
import { runFaults } from './faults/lanes.js';
import { CHAOS_FAULTS } from './faults/planned-fault.js';
import { readStatuses } from './faults/recovery.js';
import type { NodeStatus } from './http/status.js';
import type { ChaosOptions } from './options/options.js';
import { anyOf, deadline, Overdue, pause, Quit, until } from '@ccro/clock';
import { ProcessCluster } from '@ccro/process-cluster';
import { Timeline, type TimelineListener } from './timeline.js';
import { History } from './workload/history.js';
import { MODERATE, Workload } from './workload/workload.js';

/** How long the first decision may take. */
const WARM_UP_BOUND_MS = 30_000;
/** After the last fault the workload goes on so long, with everybody well. */
const CALM_MS = 1_500;
/** How long calls under way may take to end once everything is healed. */
const DRAIN_BOUND_MS = 45_000;
const LEVEL_BOUND_MS = 45_000;
const LEDGER_BOUND_MS = 60_000;
/** A run goes on so much longer at most until every kind that was asked for has struck. */
const MAX_TIMES_LONGER = 4;

/** A replica suspects the primary after max(2000, 60n) ms. */
export function recoveryBound(nodes: number): RecoveryBound {
  const requestTimeoutMs = Math.max(2_000, 60 * nodes);
  return { primaryKilledMs: 1.5 * requestTimeoutMs, collectorKilledMs: 500 };
}

/** Told how a run goes. */
export interface ChaosListener extends TimelineListener {
  /** The cluster stands; from here on time counts. */
  onStarted(history: History): void;
  /** What the run is busy with after the last fault. */
  onPhase(phase: string): void;
}

export interface ChaosResult extends Judgement {
  readonly history: History;
  readonly timeline: Timeline;
  /** Milliseconds during which faults were injected. */
  readonly durationMs: number;
  /** Slots that were decided. */
  readonly slots: number;
}

/**
 * Runs and judges. All processes have ended when it returns or throws.
 *
 * @param directory everything of the run goes into it
 * @throws Quit when `quit` aborts; what ProcessCluster.start throws
 */
export async function runChaos(
  options: ChaosOptions,
  directory: string,
  listener: ChaosListener,
  quit: AbortSignal,
): Promise<ChaosResult> {
  let originMs = performance.now();
  const timeline = new Timeline(() => performance.now() - originMs, listener);
  const hopeless = new AbortController();
  const giveUp = (why: string): void => {
    timeline.finding(why);
    hopeless.abort();
  };
  const cluster = await ProcessCluster.start(
    {
      ...options,
      directory,
      heapMegabytes: undefined,
      faultInjection: true,
      hasSurroundings: true,
      temporary: !options.keep,
    },
    // Nobody would start it again: what follows would tell nothing.
    { onUnexpectedEnd: (name, lastLine) => giveUp(`${name} ended by itself: ${lastLine}`) },
  );
  originMs = performance.now();
  const close = (): void => void cluster.close();
  quit.addEventListener('abort', close, { once: true });
  try {
    const run = { options, cluster, timeline, listener, hopeless: hopeless.signal, giveUp, quit };
    return await new ChaosRun(run).run();
  } finally {
    quit.removeEventListener('abort', close);
    await cluster.close();
  }
}

interface ChaosRunParts {
  readonly options: ChaosOptions;
  readonly cluster: ProcessCluster;
  readonly timeline: Timeline;
  readonly listener: ChaosListener;
  /** Aborts when going on makes no sense. */
  readonly hopeless: AbortSignal;
  /** Makes the run hopeless. */
  readonly giveUp: (why: string) => void;
  readonly quit: AbortSignal;
}

class ChaosRun {
  private readonly history: History;
  private readonly archive: LedgerArchive;
  private readonly workload: Workload;

  constructor(private readonly parts: ChaosRunParts) {
    const { cluster, timeline, options } = parts;
    const gatewayUrls = (): string[] => cluster.gatewayUrls();
    this.history = new History(timeline.nowMs);
    this.archive = new LedgerArchive(gatewayUrls);
    this.workload = new Workload({ ...MODERATE, seed: options.seed }, this.history, gatewayUrls);
  }

  async run(): Promise<ChaosResult> {
    const { history, archive } = this;
    const { timeline, listener, hopeless, options } = this.parts;
    const archiving = new AbortController();
    const archived = archive.follow(archiving.signal);
    this.workload.start();
    try {
      await this.untilFirstDecision();
      listener.onStarted(history);
      const startedMs = timeline.nowMs();
      if (!hopeless.aborted) await this.injectFaults();
      const durationMs = timeline.nowMs() - startedMs;
      await this.settle();
      archiving.abort();
      await archived;
      const statuses = await this.untilLevel();
      const slots = await this.readLedger(statuses);
      const nodeLedgers = await this.auditNodes(slots);
      const audit = await this.auditGateway(nodeLedgers);
      listener.onPhase('checking');
      const evidence = {
        calls: history.calls,
        incidents: timeline.incidents,
        findings: [...timeline.findings, ...archive.findings],
        ledger: archive.slots,
        nodeLedgers,
        ...audit,
        statuses,
        endMs: timeline.nowMs(),
      };
      const judgement = judge(evidence, recoveryBound(options.nodes));
      return { ...judgement, history, timeline, durationMs, slots };
    } finally {
      archiving.abort();
      await this.workload.stop(0);
      await archived;
    }
  }

  private async untilFirstDecision(): Promise<void> {
    try {
      await until('a first decision', { boundMs: WARM_UP_BOUND_MS, quit: this.parts.quit }, () =>
        Promise.resolve(this.history.calls.find(({ decided }) => decided !== undefined)),
      );
    } catch (error) {
      if (!(error instanceof Overdue)) throw error;
      this.parts.giveUp(error.message);
    }
  }

  private async injectFaults(): Promise<void> {
    const { options, cluster, timeline, hopeless, quit } = this.parts;
    const { seed, mode, only, minutes, nodes } = options;
    const forMs = minutes * 60_000;
    // Kinds that were asked for by name strike, however slow the machine is.
    const atMostMs = only.length < CHAOS_FAULTS.length ? MAX_TIMES_LONGER * forMs : forMs;
    const affected = new AffectedNodes(maxFaulty(nodes));
    const parts = { cluster, timeline, affected, workload: this.workload, quit };
    const plan = { mode, kinds: new Set(only) };
    await runFaults(seed, plan, { forMs, atMostMs, hopeless }, parts);
  }

  /** With everybody well: whatever waits is decided, and nothing new begins. */
  private async settle(): Promise<void> {
    this.parts.listener.onPhase('waiting for calls under way');
    await pause(CALM_MS, anyOf(this.parts.quit, this.parts.hopeless));
    this.throwIfQuit();
    const patience = this.parts.hopeless.aborted ? 0 : DRAIN_BOUND_MS;
    await this.workload.stop(patience);
    const unanswered = this.history.calls.filter(
      ({ decided, acceptedIds }) => decided === undefined && acceptedIds.size > 0,
    );
    await this.workload.resolve(unanswered, patience);
    this.throwIfQuit();
  }

  /** @returns the last output of all nodes, level or not */
  private async untilLevel(): Promise<readonly (NodeStatus | undefined)[]> {
    this.parts.listener.onPhase('waiting for the nodes to be level');
    const bound = { boundMs: LEVEL_BOUND_MS, quit: this.parts.quit };
    try {
      return await until('all nodes level', bound, async () => {
        const statuses = await readStatuses(this.parts.cluster);
        const executed = new Set(statuses.map((status) => status?.lastExecuted));
        const shown = new Set([...executed, ...statuses.map((status) => status?.stateAt)]);
        const isLevel = shown.size === 1 && !shown.has(undefined);
        return isLevel || this.parts.hopeless.aborted ? statuses : undefined;
      });
    } catch (error) {
      if (!(error instanceof Overdue)) throw error;
      return readStatuses(this.parts.cluster);
    }
  }

  /** @returns how many slots it has */
  private async readLedger(statuses: readonly (NodeStatus | undefined)[]): Promise<number> {
    this.parts.listener.onPhase('reading the ledger');
    const last = Math.max(0, ...statuses.map((status) => status?.lastExecuted ?? 0));
    const giveUp = deadline(LEDGER_BOUND_MS, this.parts.quit);
    if (!(await this.archive.readUpTo(last, giveUp)) && !this.parts.quit.aborted) {
      const { length } = this.archive.slots;
      this.parts.timeline.finding(
        `GET /ledger shows ${length} slots only, the nodes executed ${last}`,
      );
    }
    this.throwIfQuit();
    return this.archive.slots.length;
  }

  private async auditNodes(slots: number): Promise<readonly NodeLedger[]> {
    this.parts.listener.onPhase("reading every node's own ledger");
    try {
      return await readNodeLedgers(this.parts.cluster, slots);
    } catch (error) {
      const why = errorMessage(error);
      this.parts.timeline.finding(`the nodes' own ledgers could not be read: ${why}`);
      return [];
    }
  }

  /** What a gateway shows of what the nodes hold. */
  private async auditGateway(nodeLedgers: readonly NodeLedger[]): Promise<GatewayAudit> {
    this.parts.listener.onPhase('reading the ledger again, and receipts');
    const [gatewayUrl = ''] = this.parts.cluster.gatewayUrls();
    const { slots } = this.archive;
    const { config } = this.parts.cluster;
    const verifier = new ReceiptVerifier(clusterKeys(config));
    const source = {
      gatewayUrl,
      witnesses: maxFaulty(config.members.length) + 1,
      verify: (receipt: Uint8Array) => verifier.verify(receipt),
    };
    return {
      readBack: await readBack(gatewayUrl, slots, nodeLedgers),
      receipts: await readReceipts(source, slots, nodeLedgers),
    };
  }

  private throwIfQuit(): void {
    if (this.parts.quit.aborted) throw new Quit();
  }
}
