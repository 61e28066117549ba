/** The same request under both modes, in small clusters of their own. */

import type { ClusterMode } from '@ccro/cluster-config';
import { maxFaulty } from '@ccro/consensus';
import { z } from 'zod';
import { CELL_FAULTS, MODES, type CellFault } from './plan.js';
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

/** One decision that somebody wants to look at. */
export const observationSchema = z.object({
  mode: z.enum(MODES),
  nodes: z.int(),
  byzantine: z.int(),
  fault: z.enum(CELL_FAULTS),
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

/** What became of the request in one mode. */
export type ComparedMode = { readonly mode: ClusterMode } & (
  | { readonly outcome: 'decided'; readonly decision: Observed }
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

/**
 * Has both modes decide on `operation`, one after the other.
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
  const modes: ComparedMode[] = [];
  for (const mode of MODES) {
    const observation = { mode, nodes, byzantine, fault, operation };
    modes.push(await compared(observation, observer, signal));
  }
  return { nodes, byzantine, fault, modes };
}

async function compared(
  observation: Observation,
  observer: DecisionObserver,
  signal: AbortSignal,
): Promise<ComparedMode> {
  const { mode } = observation;
  try {
    return { mode, outcome: 'decided', decision: await observer.observe(observation, signal) };
  } catch (error) {
    if (!(error instanceof CellFailure)) throw error;
    return { mode, outcome: 'failed', reason: error.message };
  }
}
