/** What became of a cell. Rows come back from other processes and from Redis: they are checked. */

import { z } from 'zod';
import { cellSchema } from './plan.js';

const count = z.number().nonnegative();

/** Of one decision, over the whole cluster and its client; times in milliseconds. */
export const figuresSchema = z.object({
  /** Median of the rounds. */
  timeMs: count,
  fastestMs: count,
  slowestMs: count,
  /** Deliveries: a broadcast is n of them. */
  messages: count,
  bytes: count,
  signaturesMade: count,
  signaturesChecked: count,
  cpuMs: count,
  /** Part of the decisions that took one round of votes. */
  oneRound: count.max(1),
  /** How certificates prove themselves. */
  scheme: z.string(),
});

export type CellFigures = z.infer<typeof figuresSchema>;

const doneCell = cellSchema.extend({ elapsedMs: count });

export const rowSchema = z.discriminatedUnion('outcome', [
  doneCell.extend({ outcome: z.literal('measured'), figures: figuresSchema }),
  doneCell.extend({ outcome: z.literal('failed'), reason: z.string() }),
]);

/** A cell with its figures, or with the reason why there are none. */
export type ExperimentRow = z.infer<typeof rowSchema>;
export type MeasuredRow = Extract<ExperimentRow, { outcome: 'measured' }>;

export function isMeasured(row: ExperimentRow): row is MeasuredRow {
  return row.outcome === 'measured';
}
