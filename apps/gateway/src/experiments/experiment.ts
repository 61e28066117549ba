import {
  cellName,
  cellsOf,
  planSchema,
  rowSchema,
  type ExperimentPlan,
  type ExperimentRow,
} from '@ccro/experiment';
import { z } from 'zod';

/** `waiting` and `running` come to an end; the others are ends. */
export type ExperimentState = 'waiting' | 'running' | 'completed' | 'failed' | 'cancelled';

/** An experiment as users see it. */
export interface Experiment {
  readonly id: string;
  readonly state: ExperimentState;
  readonly plan: ExperimentPlan;
  readonly progress: {
    readonly cells: number;
    readonly done: number;
    /** The cell that is being measured. */
    readonly current: string | null;
  };
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** Why it failed. */
  readonly reason: string | null;
  /** Of the cells that are done, in their order. */
  readonly rows: readonly ExperimentRow[];
}

/** An experiment without its rows, for lists. */
export type ExperimentSummary = Omit<Experiment, 'rows'>;

/** What was asked for, as it is kept. */
export const orderSchema = z.object({
  plan: planSchema,
  /** Who asked for it, where callers have keys. */
  owner: z.string().optional(),
  /** Whether its cancellation was asked for. */
  cancelled: z.boolean().optional(),
});
export type Order = z.infer<typeof orderSchema>;

/** How far an experiment is, as it is kept: one record, replaced as a whole. Times in ms. */
export const accountSchema = z.object({
  startedAtMs: z.number(),
  /** Of the first cells of the plan. */
  rows: z.array(rowSchema),
  ended: z
    .object({
      state: z.enum(['completed', 'failed', 'cancelled']),
      atMs: z.number(),
      reason: z.string().optional(),
    })
    .optional(),
});
export type Account = z.infer<typeof accountSchema>;

export interface ExperimentParts {
  readonly id: string;
  readonly createdAtMs: number;
  readonly order: Order;
  /** Undefined before it was started. */
  readonly account: Account | undefined;
  /** Whether a worker measures it now. */
  readonly isActive: boolean;
  /** Why nobody goes on with it, though it has no end of its own. */
  readonly failure?: string | undefined;
}

/** What is kept about an experiment as users see it. */
export function experimentOf(parts: ExperimentParts): Experiment {
  const { id, createdAtMs, order, account, failure } = parts;
  const { plan } = order;
  const rows = account?.rows ?? [];
  const cells = cellsOf(plan);
  const state = stateOf(parts);
  const current = state === 'running' ? cells[rows.length] : undefined;
  return {
    id,
    state,
    plan,
    progress: {
      cells: cells.length,
      done: rows.length,
      current: current === undefined ? null : cellName(current),
    },
    createdAt: timeText(createdAtMs),
    startedAt: account === undefined ? null : timeText(account.startedAtMs),
    endedAt: account?.ended === undefined ? null : timeText(account.ended.atMs),
    reason: account?.ended?.reason ?? failure ?? null,
    rows,
  };
}

export function summaryOf({ rows: _, ...summary }: Experiment): ExperimentSummary {
  return summary;
}

export function isEnded({ state }: Pick<Experiment, 'state'>): boolean {
  return state !== 'waiting' && state !== 'running';
}

function stateOf({ order, account, isActive, failure }: ExperimentParts): ExperimentState {
  if (account?.ended !== undefined) return account.ended.state;
  if (isActive) return 'running';
  if (failure !== undefined) return 'failed';
  // No worker starts it any more: the next one to find it only marks it as cancelled.
  return order.cancelled === true ? 'cancelled' : 'waiting';
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
