import { z } from 'zod';

/** Body of `POST /requests`: exactly one of `data` and `operation`. */
export const submitRequestSchema = z
  .strictObject({
    /** Any JSON value, to be appended to the ledger. */
    data: z.unknown().optional(),
    /** An operation of the state machine, for example `{"type": "kv.put", ...}`. */
    operation: z.unknown().meta({ type: 'object' }).optional(),
  })
  .superRefine((body, context) => {
    // Not `z.record`, which loses a key named __proto__.
    if (Object.hasOwn(body, 'operation') && !isObject(body.operation)) {
      context.addIssue({ code: 'custom', path: ['operation'], message: 'Give an object' });
    }
    const given = ['data', 'operation'].filter((field) => Object.hasOwn(body, field));
    if (given.length === 1) return;
    context.addIssue({
      code: 'custom',
      path: ['data'],
      message:
        given.length === 0 ? 'Give "data" or "operation"' : 'Give "data" or "operation", not both',
    });
  });

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export type SubmitRequestDto = z.infer<typeof submitRequestSchema>;

/** Requests in one call, at most: half of what may be pending, so that two calls fit. */
export const MAX_BATCH_REQUESTS = 1024;

/** Body of `POST /requests/batch`. */
export const submitBatchSchema = z.strictObject({
  requests: z.array(submitRequestSchema).min(1).max(MAX_BATCH_REQUESTS),
});

export type SubmitBatchDto = z.infer<typeof submitBatchSchema>;
