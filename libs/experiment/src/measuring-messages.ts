import { z } from 'zod';
import { cellSchema, figuresSchema } from './row.js';

/** To the measuring process: a cell. */
export const orderSchema = cellSchema;

/** From it: what became of the cell. */
export const reportSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('measured'), figures: figuresSchema }),
  z.object({ kind: z.literal('failed'), reason: z.string() }),
]);

export type MeasuringReport = z.infer<typeof reportSchema>;
