import { z } from 'zod';

/** Body of `PUT /kv/:key`: any JSON value, null included. */
export const putValueSchema = z
  .strictObject({ value: z.unknown() })
  .refine((body) => Object.hasOwn(body, 'value'), { path: ['value'], message: 'Give a "value"' });

export type PutValueDto = z.infer<typeof putValueSchema>;
