/**
 * Runs a schedule: a safety phase, in which any fault may happen and no invariant may break; then all
 * is healed, at most f replicas stay faulty, and within a bound everything that was submitted must be
 * decided, and all honest replicas, the replaced one included, must be at the same slot.
 */

import type { Violation } from '../checkers/violation.js';
import { Outsider } from '../lies/outsider.js';
import { Random } from '../random.js';
import { SimulatedCluster } from '../simulated-cluster.js';
import type { SimulatedNode } from '../simulated-node.js';
import type { ClusterEvent, InnerEvent } from '../trace/events.js';
import { describeSchedule, describeStep } from './describe-schedule.js';
import { Director } from './director.js';
import type { Schedule } from './schedule.js';
import { statisticsOf, type Statistics } from './statistics.js';

/** What came of a run. */
export interface RunReport {
  /** The first violation, with those that came with it; empty when all is well. */
  readonly violations: readonly Violation[];
  /** Virtual milliseconds at the end, which is the violation if there is one. */
  readonly endedMs: number;
  readonly statistics: Statistics;
}

/** How often sizes are looked at, in virtual milliseconds. */
const INSPECTION_MS = 50;
/** Longer than any vote waits to be repeated, on a slow clock. */
const SILENCE_MS = 4_000;
/** Within which it must come to that: what a faulty client asked for may be decided meanwhile. */
const SILENT_WITHIN_MS = 60_000;
/** More than any run needs that comes to an end. */
const MAX_EVENTS = 400_000;

/** Where what happens is written down: a `Trace` is one. */
export interface RunLog {
  add(event: ClusterEvent, atMs: number): void;
  /** What goes on inside the nodes, for logs that want to know. */
  witness?(event: InnerEvent, atMs: number): void;
}

export async function runSchedule(schedule: Schedule, log?: RunLog): Promise<RunReport> {
  for (const text of describeSchedule(schedule)) log?.add({ kind: 'note', text }, 0);
  const run = new Run(schedule, log);
  await run.play();
  return run.report();
}

class Run {
  private readonly cluster: SimulatedCluster;
  private readonly director: Director;

  constructor(
    private readonly schedule: Schedule,
    log: RunLog | undefined,
  ) {
    const { seed, nodes } = schedule;
    this.cluster = new SimulatedCluster({
      ...schedule,
      ...(log === undefined ? {} : { listener: log.add.bind(log) }),
      ...(log?.witness === undefined ? {} : { witness: log.witness.bind(log) }),
    });
    const { facts, time, network } = this.cluster;
    const outsider = new Outsider(
      { cluster: facts.cluster, n: nodes },
      time,
      network,
      new Random(`${seed}/outsider`),
    );
    this.cluster.eavesdropper = (published) => outsider.overhear(published);
    this.director = new Director(this.cluster, outsider);
  }

  async play(): Promise<void> {
    const { safetyMs, livenessMs, endsWithPowerCut } = this.schedule;
    await this.cluster.start();
    this.inspect();
    for (const { atMs, step } of this.schedule.steps) {
      this.cluster.time.schedule(atMs, () => {
        this.cluster.note(`--- ${describeStep(step)}`);
        this.director.apply(step);
      });
    }
    await this.runUntil(() => false, safetyMs);
    if (this.failed) return;
    this.cluster.note('--- everything is healed');
    this.cluster.adversary?.rest();
    this.director.heal(this.schedule.replaced);
    if (!(await this.runUntil(() => this.isDone(), livenessMs))) this.reportUnfinished(livenessMs);
    if (!this.failed) await this.fallSilent();
    if (endsWithPowerCut && !this.failed) await this.cutPower(livenessMs);
  }

  report(): RunReport {
    const { checkers, time } = this.cluster;
    return {
      violations: checkers.violations,
      endedMs: time.now(),
      statistics: statisticsOf(this.cluster, this.schedule),
    };
  }

  private get failed(): boolean {
    return this.cluster.checkers.violations.length > 0;
  }

  /** With nothing left to decide, votes on slots end: no honest replica sends them without end. */
  private async fallSilent(): Promise<void> {
    const { cluster } = this;
    const isSilent = (): boolean => cluster.time.now() - cluster.lastVoteMs > SILENCE_MS;
    if ((await this.runUntil(isSilent, SILENT_WITHIN_MS)) || this.failed) return;
    cluster.checkers.found(
      'liveness',
      `nothing is left to do, and votes go on: ${this.whereAll()}`,
    );
  }

  /** What clients believe must be there when all start again, and the cluster must go on. */
  private async cutPower(limitMs: number): Promise<void> {
    this.cluster.note('--- power cut: all honest nodes');
    for (const node of this.cluster.honestNodes()) node.crash();
    for (const node of this.cluster.honestNodes()) node.restart();
    this.cluster.submit('after the power cut');
    if (!(await this.runUntil(() => this.isDone(), limitMs))) this.reportUnfinished(limitMs);
  }

  /** @returns whether `done` held, with nothing violated, within the limits */
  private async runUntil(done: () => boolean, limitMs: number): Promise<boolean> {
    const { time } = this.cluster;
    const ended = (): boolean => this.failed || time.events > MAX_EVENTS || done();
    const inTime = await time.runUntil(ended, limitMs);
    if (time.events > MAX_EVENTS && !this.failed) {
      this.cluster.checkers.found('liveness', `${MAX_EVENTS} events and no end`);
    }
    return inTime && !this.failed;
  }

  private isDone(): boolean {
    const { cluster } = this;
    if (cluster.outcomes.length < cluster.submitted) return false;
    const nodes = this.keptNodes();
    if (!nodes.every((node) => isInView(node, nodes))) return false;
    const reached = nodes.map((node) => node.status().lastExecuted);
    const acknowledged = Math.max(0, ...cluster.outcomes.map(({ sequence }) => sequence));
    if (!reached.every((last) => last === reached[0] && last >= acknowledged)) return false;
    return new Set(nodes.map((node) => node.stateDigest())).size === 1;
  }

  private reportUnfinished(limitMs: number): void {
    if (this.failed) return;
    const { outcomes, submitted } = this.cluster;
    this.cluster.checkers.found(
      'liveness',
      `${outcomes.length} of ${submitted} decided in ${Math.round(limitMs)} ms; ${this.whereAll()}`,
    );
  }

  private whereAll(): string {
    return this.keptNodes().map(stateOf).join('; ');
  }

  /** The honest ones, and the one that took the place of a faulty one. */
  private keptNodes(): readonly SimulatedNode[] {
    const { cluster, schedule } = this;
    const honest = cluster.honestNodes();
    return schedule.replaced === undefined ? honest : [...honest, cluster.node(schedule.replaced)];
  }

  private inspect(): void {
    const { cluster } = this;
    for (const node of cluster.honestNodes()) {
      if (node.running) cluster.checkers.onStatus(node.id, node.status());
    }
    cluster.time.schedule(INSPECTION_MS, () => this.inspect());
  }
}

/** Whether a node takes part in the view that the others are in: nobody leaves one alone. */
function isInView(node: SimulatedNode, nodes: readonly SimulatedNode[]): boolean {
  const { view, active } = node.status();
  const begun = nodes.map((each) => each.status()).filter((each) => each.active);
  const latest = Math.max(0, ...begun.map((each) => each.view));
  return active && view === latest;
}

function stateOf(node: SimulatedNode): string {
  const { view, active, lastExecuted } = node.status();
  const where = `slot ${lastExecuted} with state ${node.stateDigest().slice(0, 8)}`;
  return `${where} in view ${view}${active ? '' : ', which has not begun'}`;
}
