import { z } from 'zod';

/** Body of `POST /requests`: exactly one of `data` and `operation`. */
export const submitRequestSchema = z
  .strictObject({
    /** Any JSON value, to be appended to the ledger. */
    data: z.unknown().optional(),
    /** An operation of the state machine, for example `{"type": "kv.put", ...}`. */
    operation: z.record(z.string(), z.unknown()).optional(),
  })
  .superRefine((body, context) => {
    const given = ['data', 'operation'].filter((field) => Object.hasOwn(body, field));
    if (given.length === 1) return;
    context.addIssue({
      code: 'custom',
      path: ['data'],
      message:
        given.length === 0 ? 'Give "data" or "operation"' : 'Give "data" or "operation", not both',
    });
  });

export type SubmitRequestDto = z.infer<typeof submitRequestSchema>;
