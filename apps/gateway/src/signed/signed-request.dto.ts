import { NAME_PATTERN } from '@ccro/cluster-config';
import { isWellFormed } from '@ccro/crypto';
import { MAX_OPERATION_CHARACTERS } from '@ccro/wire';
import { z } from 'zod';

/** Body of `POST /requests/signed`: a request as its client signed it. */
export const signedRequestSchema = z.strictObject({
  client: z.string().regex(NAME_PATTERN, 'a client of the cluster file'),
  timestamp: z.int().nonnegative(),
  /** JSON text, byte for byte what was signed. */
  operation: z
    .string()
    .min(1)
    .max(MAX_OPERATION_CHARACTERS)
    // UTF-8 cannot express them, and so nobody can sign them.
    .refine(isWellFormed, 'no lone surrogates'),
  /** Ed25519, base64url without padding. */
  signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/, '86 characters of base64url'),
});

export type SignedRequestDto = z.infer<typeof signedRequestSchema>;
