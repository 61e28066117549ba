/** What an experiment sweeps over, and how large it may be. */

import type { ClusterMode } from '@ccro/cluster-config';
import { maxFaulty } from '@ccro/consensus';
import { FAULT_KINDS } from '@ccro/faults';
import { z } from 'zod';
import { SEED_BYZANTINE, SEED_FAULTS } from './seed-figures.js';

export const MODES = ['pbft', 'ccro'] as const satisfies readonly ClusterMode[];

/** `none`, or what the faulty nodes of a cell do. */
export const CELL_FAULTS = ['none', ...FAULT_KINDS] as const;
export type CellFault = (typeof CELL_FAULTS)[number];

/** How large an experiment may be; `seconds` are what it may take. */
export const LIMITS = {
  nodes: { min: 4, max: 301 },
  byzantine: { min: 1, max: 100 },
  rounds: { min: 1, max: 100 },
  payloadBytes: { min: 64, max: 65_536 },
  cells: 200,
  cellSeconds: 300,
  experimentSeconds: 7200,
} as const;

const DEFAULT_ROUNDS = 3;
const DEFAULT_PAYLOAD_BYTES = 200;

/** One cluster of its own. */
export const cellSchema = z.object({
  mode: z.enum(MODES),
  nodes: z.int(),
  /** How many nodes are faulty. */
  byzantine: z.int(),
  fault: z.enum(CELL_FAULTS),
  /** Bytes of an operation. */
  payloadBytes: z.int(),
  /** Decisions measured. */
  rounds: z.int(),
});

export type Cell = Readonly<z.infer<typeof cellSchema>>;

const { shape: cell } = cellSchema;

/** The sweep: every combination is a cell. No list names anything twice. */
export const planSchema = z.object({
  mode: z.array(cell.mode).readonly(),
  /** Sizes of the clusters, in the order measured. */
  sizes: z.array(cellSchema.pick({ nodes: true, byzantine: true })).readonly(),
  fault: z.array(cell.fault).readonly(),
  rounds: cell.rounds,
  payloadBytes: z.array(cell.payloadBytes).readonly(),
});

export type ExperimentPlan = Readonly<z.infer<typeof planSchema>>;

function oneOrMore<T extends z.ZodType>(each: T, allowed: string): z.ZodUnion<[T, z.ZodArray<T>]> {
  return z.union([each, z.array(each).min(1).max(LIMITS.cells)], {
    error: `Give one of these or a list of them: ${allowed}`,
  });
}

function range({ min, max }: { readonly min: number; readonly max: number }): string {
  return `whole numbers from ${min} to ${max}`;
}

function within({ min, max }: { readonly min: number; readonly max: number }): z.ZodNumber {
  return z.int().min(min).max(max);
}

/** What a user asks for: a value or a list of them for each side of the sweep. */
export const planRequestSchema = z
  .strictObject({
    /** `seed-tables`: f = 1, 5, ... 30, offline and falsifying, as the seed's two tables. */
    preset: z.literal('seed-tables').optional(),
    mode: oneOrMore(z.enum(MODES), MODES.join(', ')).optional(),
    /** Sizes of clusters, f = ⌊(n − 1)/3⌋ of whose nodes are faulty. */
    nodes: oneOrMore(within(LIMITS.nodes), range(LIMITS.nodes)).optional(),
    /** Numbers of faulty nodes, of n = 3f + 1. */
    byzantine: oneOrMore(within(LIMITS.byzantine), range(LIMITS.byzantine)).optional(),
    fault: oneOrMore(z.enum(CELL_FAULTS), CELL_FAULTS.join(', ')).optional(),
    rounds: within(LIMITS.rounds).optional(),
    payloadBytes: oneOrMore(within(LIMITS.payloadBytes), range(LIMITS.payloadBytes)).optional(),
  })
  .superRefine((request, context) => {
    const given = (['preset', 'nodes', 'byzantine'] as const).filter(
      (field) => request[field] !== undefined,
    );
    if (given.length !== 1) {
      const message = 'Give one of "nodes", "byzantine" and "preset"';
      context.addIssue({ code: 'custom', path: [given[1] ?? 'nodes'], message });
      return;
    }
    if (request.preset !== undefined && request.fault !== undefined) {
      const message = 'The preset says which faults; leave this out';
      context.addIssue({ code: 'custom', path: ['fault'], message });
      return;
    }
    const count = countCells(planOf(request));
    if (count > LIMITS.cells) {
      const message = `These are ${count} cells; ${LIMITS.cells} are allowed`;
      context.addIssue({ code: 'custom', path: ['nodes'], message });
    }
  });

export type PlanRequest = z.infer<typeof planRequestSchema>;

/** What a checked request means, with every default filled in. */
export function planOf(request: PlanRequest): ExperimentPlan {
  const { preset, mode, nodes, byzantine, fault, rounds, payloadBytes } = request;
  const seed = preset === 'seed-tables';
  return {
    mode: listOf(mode) ?? MODES,
    sizes:
      listOf(nodes)?.map((n) => ({ nodes: n, byzantine: maxFaulty(n) })) ??
      (listOf(byzantine) ?? SEED_BYZANTINE).map((f) => ({ nodes: 3 * f + 1, byzantine: f })),
    fault: (seed ? SEED_FAULTS : listOf(fault)) ?? ['none'],
    rounds: rounds ?? DEFAULT_ROUNDS,
    payloadBytes: listOf(payloadBytes) ?? [DEFAULT_PAYLOAD_BYTES],
  };
}

/** How many there are, without making them: lists may be long before they are refused. */
function countCells({ mode, sizes, fault, payloadBytes }: ExperimentPlan): number {
  return mode.length * sizes.length * fault.length * payloadBytes.length;
}

/** All cells, the small clusters first, in the order in which they are measured. */
export function cellsOf({ mode, sizes, fault, rounds, payloadBytes }: ExperimentPlan): Cell[] {
  return sizes.flatMap(({ nodes, byzantine }) =>
    fault.flatMap((kind) =>
      payloadBytes.flatMap((bytes) =>
        mode.map((each): Cell => {
          const faulty = kind === 'none' ? 0 : byzantine;
          const what = { mode: each, nodes, byzantine: faulty, fault: kind };
          return { ...what, payloadBytes: bytes, rounds };
        }),
      ),
    ),
  );
}

/** A cell as a person reads it. */
export function cellName({ mode, nodes, byzantine, fault }: Cell): string {
  return `${mode}, n = ${nodes}, ${fault === 'none' ? 'no fault' : `${byzantine} ${fault}`}`;
}

function listOf<T extends string | number>(value: T | readonly T[] | undefined): T[] | undefined {
  if (value === undefined) return undefined;
  const list = typeof value === 'object' ? value : [value];
  const [first] = list;
  const once = [...new Set(list)];
  return typeof first === 'number' ? once.sort((a, b) => Number(a) - Number(b)) : once;
}
