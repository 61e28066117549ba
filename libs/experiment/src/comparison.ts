/** The same request under both modes, in small clusters of their own. */

import type { ClusterMode } from '@ccro/cluster-config';
import { maxFaulty } from '@ccro/consensus';
import { z } from 'zod';
import { CELL_FAULTS, cellSchema, MODES, type CellFault } from './plan.js';
import { CellFailure } from './run-cells.js';

/** Larger clusters are for experiments. */
export const COMPARISON_NODES = { min: 4, max: 16 } as const;
/** How long one of the two decisions may take, in milliseconds. */
export const COMPARISON_BOUND_MS = 20_000;

/** What a user asks for. `fault` strikes f = ⌊(n − 1)/3⌋ nodes. */
export const comparisonRequestSchema = z.strictObject({
  /** Any JSON value, decided on as `POST /requests` would. */
  data: z.unknown().refine((data) => data !== undefined, 'Give what is to be decided on'),
  nodes: z.int().min(COMPARISON_NODES.min).max(COMPARISON_NODES.max).default(4),
  fault: z.enum(CELL_FAULTS).default('none'),
});

export type ComparisonRequest = z.infer<typeof comparisonRequestSchema>;

/** One decision to be looked at in detail. */
export const observationSchema = cellSchema
  .pick({ mode: true, nodes: true, byzantine: true, fault: true })
  .extend({
    /** Text of the operation. */
    operation: z.string(),
  });

export type Observation = z.infer<typeof observationSchema>;

const count = z.number().nonnegative();

/** `ObservedDecision` of libs/measurement, as it comes from another process. */
export const observedSchema = z.object({
  consensusTimeMs: count,
  view: count,
  sequence: count,
  deliveries: count,
  bytes: count,
  byKind: z.record(z.string(), count),
  nodes: z
    .array(
      z.object({
        id: z.int(),
        role: z.enum(['commander', 'communication', 'replica']),
        fault: z.string().nullable(),
        reply: z.enum(['matching', 'false', 'none']),
        correct: count.nullable(),
        corrupt: count.nullable(),
      }),
    )
    .readonly(),
});

export type Observed = z.infer<typeof observedSchema>;

/** Consensus times of one mode, in milliseconds. */
export interface ComparedTimes {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** How often it was decided. */
  readonly rounds: number;
}

/** What became of the request in one mode. */
export type ComparedMode = { readonly mode: ClusterMode } & (
  | {
      readonly outcome: 'decided';
      /** The one whose time is the median. */
      readonly decision: Observed;
      readonly times: ComparedTimes;
    }
  | { readonly outcome: 'failed'; readonly reason: string }
);

/** The same request under both modes. */
export interface Comparison {
  readonly nodes: number;
  readonly byzantine: number;
  readonly fault: CellFault;
  readonly modes: readonly ComparedMode[];
}

/** Looks at one decision at a time. */
export interface DecisionObserver {
  /** @throws Quit when `signal` aborts, CellFailure when nothing was decided */
  observe(observation: Observation, signal: AbortSignal): Promise<Observed>;

  /** Gives up what it holds. */
  close(): Promise<void>;
}

/** Decisions of each mode; fewer where they take long, as with a primary to be replaced. */
const ROUNDS = 5;
/** No round begins after so long. */
const ENOUGH_MS = 4_000;

/**
 * Has both modes decide on `operation`, in turn and again, after a decision of each that does not
 * count: what runs for the first time is several times slower, and would be so in one mode alone.
 *
 * @throws Quit when `signal` aborts
 */
export async function compareModes(
  { nodes, fault }: Pick<ComparisonRequest, 'nodes' | 'fault'>,
  operation: string,
  observer: DecisionObserver,
  signal: AbortSignal,
): Promise<Comparison> {
  const byzantine = fault === 'none' ? 0 : maxFaulty(nodes);
  const decisions = new Map<ClusterMode, Observed[]>(MODES.map((mode) => [mode, []]));
  const failures = new Map<ClusterMode, string>();
  for (const mode of MODES) {
    const warmUp = { mode, nodes, byzantine: 0, fault: 'none', operation } as const;
    await observed(warmUp, observer, signal);
  }
  const startedAtMs = performance.now();
  for (let round = 0; round < ROUNDS; round += 1) {
    if (round > 0 && performance.now() - startedAtMs > ENOUGH_MS) break;
    for (const mode of MODES) {
      if (failures.has(mode)) continue;
      const observation = { mode, nodes, byzantine, fault, operation };
      const outcome = await observed(observation, observer, signal);
      if (typeof outcome === 'string') failures.set(mode, outcome);
      else decisions.get(mode)?.push(outcome);
    }
  }
  const modes = MODES.map((mode) => compared(mode, decisions.get(mode) ?? [], failures.get(mode)));
  return { nodes, byzantine, fault, modes };
}

/** One that came to nothing once is not as good as its other rounds. */
function compared(
  mode: ClusterMode,
  decisions: readonly Observed[],
  failure: string | undefined,
): ComparedMode {
  const byTime = decisions.toSorted((a, b) => a.consensusTimeMs - b.consensusTimeMs);
  const decision = byTime[Math.floor((byTime.length - 1) / 2)];
  if (failure !== undefined || decision === undefined) {
    return { mode, outcome: 'failed', reason: failure ?? 'nothing was decided' };
  }
  const times = {
    median: decision.consensusTimeMs,
    least: byTime[0]?.consensusTimeMs ?? decision.consensusTimeMs,
    most: byTime.at(-1)?.consensusTimeMs ?? decision.consensusTimeMs,
    rounds: byTime.length,
  };
  return { mode, outcome: 'decided', decision, times };
}

/** @returns the decision, or why there is none */
async function observed(
  observation: Observation,
  observer: DecisionObserver,
  signal: AbortSignal,
): Promise<Observed | string> {
  try {
    return await observer.observe(observation, signal);
  } catch (error) {
    if (!(error instanceof CellFailure)) throw error;
    return error.message;
  }
}
