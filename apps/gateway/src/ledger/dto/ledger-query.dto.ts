import { z } from 'zod';

/** Decisions on one page at most. */
const MAX_LIMIT = 100;
const MAX_SEQUENCE = Number.MAX_SAFE_INTEGER - MAX_LIMIT;

/** A whole number in an address, where everything is text. */
function wholeNumber(max: number): z.ZodType<number> {
  return z
    .string()
    .regex(/^\d{1,16}$/, 'a whole number')
    .transform(Number)
    .pipe(z.int().min(1).max(max));
}

/** Query of `GET /ledger`. */
export const ledgerQuerySchema = z.strictObject({
  from: wholeNumber(MAX_SEQUENCE).default(1),
  limit: wholeNumber(MAX_LIMIT).default(20),
});

export type LedgerQueryDto = z.infer<typeof ledgerQuerySchema>;

/** Whether `text` may be a sequence number. */
export const sequenceSchema = wholeNumber(MAX_SEQUENCE);
