import { z } from 'zod';
import { submitRequestSchema } from './submit-request.dto.js';

/** Requests in one call, at most: half of what may be pending, so that two calls fit. */
export const MAX_BATCH_REQUESTS = 1024;

/** Body of `POST /requests/batch`. */
export const submitBatchSchema = z.strictObject({
  requests: z.array(submitRequestSchema).min(1).max(MAX_BATCH_REQUESTS),
});

export type SubmitBatchDto = z.infer<typeof submitBatchSchema>;
