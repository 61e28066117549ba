import { z } from 'zod';
import { sequenceSchema } from '../ledger/dto/ledger-query.dto.js';

/** Query of `GET /requests/:id/receipt`. */
export const receiptQuerySchema = z.strictObject({ sequence: sequenceSchema.optional() });

export type ReceiptQueryDto = z.infer<typeof receiptQuerySchema>;
