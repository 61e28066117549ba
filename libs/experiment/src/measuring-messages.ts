import { z } from 'zod';
import { observationSchema, observedSchema } from './comparison.js';
import { cellSchema } from './plan.js';
import { figuresSchema } from './row.js';

/** To the measuring process: what to do. */
export const orderSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('measure'), cell: cellSchema }),
  z.object({ kind: z.literal('observe'), observation: observationSchema }),
]);

export type MeasuringOrder = z.infer<typeof orderSchema>;

/** From it: what became of that. */
export const reportSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('measured'), figures: figuresSchema }),
  z.object({ kind: z.literal('observed'), decision: observedSchema }),
  z.object({ kind: z.literal('failed'), reason: z.string() }),
]);

export type MeasuringReport = z.infer<typeof reportSchema>;
