import { FAULT_KINDS } from '@ccro/faults';
import { z } from 'zod';

/** Body of `PUT /nodes/:id/fault`. */
export const setFaultSchema = z.strictObject({ kind: z.enum(FAULT_KINDS) });

export type SetFaultDto = z.infer<typeof setFaultSchema>;
