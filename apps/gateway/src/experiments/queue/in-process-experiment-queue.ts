/** The queue for the embedded broker: everything ends with the process, as the broker itself does. */

import { randomUUID } from 'node:crypto';
import { Quit } from '@ccro/clock';
import type { CellMeasurer, ExperimentPlan } from '@ccro/experiment';
import { shuttingDown } from '../../queue/queue-error.js';
import {
  experimentOf,
  isEnded,
  summaryOf,
  type Account,
  type Experiment,
  type ExperimentSummary,
} from '../experiment.js';
import { runExperiment } from '../run-experiment.js';
import { MAX_ENDED, requireRoom, type ExperimentQueue } from './experiment-queue.js';

interface KeptExperiment {
  readonly id: string;
  readonly createdAtMs: number;
  readonly plan: ExperimentPlan;
  readonly owner: string | undefined;
  readonly cancelling: AbortController;
  account: Account | undefined;
  /** Undefined until its turn comes. */
  running: Promise<void> | undefined;
}

export class InProcessExperimentQueue implements ExperimentQueue {
  /** In the order in which they were asked for. */
  private readonly kept = new Map<string, KeptExperiment>();
  private readonly closing = new AbortController();

  constructor(private readonly createMeasurer: () => CellMeasurer) {}

  async open(): Promise<void> {}

  async add(plan: ExperimentPlan, owner?: string): Promise<Experiment> {
    if (this.closing.signal.aborted) throw shuttingDown();
    requireRoom(
      this.unfinished().map((each) => each.owner),
      owner,
    );
    const id = randomUUID();
    const added: KeptExperiment = {
      id,
      createdAtMs: Date.now(),
      plan,
      owner,
      cancelling: new AbortController(),
      account: undefined,
      running: undefined,
    };
    this.kept.set(id, added);
    this.startNext();
    return described(added);
  }

  async find(id: string): Promise<Experiment | undefined> {
    const found = this.kept.get(id);
    return found === undefined ? undefined : described(found);
  }

  async list(): Promise<readonly ExperimentSummary[]> {
    return [...this.kept.values()].map((each) => summaryOf(described(each))).reverse();
  }

  async cancel(id: string): Promise<Experiment | undefined> {
    const found = this.kept.get(id);
    if (found === undefined) return undefined;
    found.cancelling.abort();
    await found.running;
    const cancelled = described(found);
    this.forgetOldest();
    return cancelled;
  }

  async close(): Promise<void> {
    this.closing.abort();
    // One at most runs.
    for (const { running } of this.kept.values()) await running;
  }

  private unfinished(): KeptExperiment[] {
    return [...this.kept.values()].filter((each) => !isEnded(described(each)));
  }

  private startNext(): void {
    const [next] = this.unfinished();
    if (next === undefined || next.running !== undefined || this.closing.signal.aborted) return;
    next.running = this.run(next).then(() => {
      next.running = undefined;
      this.forgetOldest();
      this.startNext();
    });
  }

  private async run(experiment: KeptExperiment): Promise<void> {
    const { plan, cancelling, account } = experiment;
    await runExperiment({
      order: { plan },
      account,
      createMeasurer: this.createMeasurer,
      cancelling: cancelling.signal,
      closing: this.closing.signal,
      save: async (changed) => {
        experiment.account = { ...changed, rows: [...changed.rows] };
      },
    }).catch((error: unknown) => {
      if (!(error instanceof Quit)) throw error;
    });
  }

  private forgetOldest(): void {
    const ended = [...this.kept.values()].filter((each) => isEnded(described(each)));
    for (const { id } of ended.slice(0, -MAX_ENDED)) this.kept.delete(id);
  }
}

function described({
  id,
  createdAtMs,
  plan,
  cancelling,
  account,
  running,
}: KeptExperiment): Experiment {
  const order = { plan, cancelled: cancelling.signal.aborted };
  return experimentOf({ id, createdAtMs, order, account, isActive: running !== undefined });
}
