import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { sha256 } from '@ccro/crypto';
import { ProblemException } from '@ccro/http';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../auth/caller.js';
import type { Call } from '../queue/request-queue.js';

const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * Value of the `Idempotency-Key` header, or undefined.
 *
 * @throws ProblemException `invalid-request` for a value that is no key
 */
export const IdempotencyKey = createParamDecorator(
  (_data: undefined, context: ExecutionContext): string | undefined => {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    const key = headers['idempotency-key'];
    if (key === undefined) return undefined;
    if (typeof key === 'string' && KEY.test(key)) return key;
    throw new ProblemException(
      'invalid-request',
      'Idempotency-Key: one value of 1 to 255 visible ASCII characters.',
    );
  },
);

/**
 * A call with `operations`, which is the same one as another if caller and key are.
 *
 * @param operations what is asked for, in order
 * @param key value of the caller's `Idempotency-Key`, if there is one
 */
export function callOf(
  operations: readonly string[],
  { name: caller, owner }: Caller,
  key: string | undefined,
): Call {
  const call = { operations, caller, owner };
  if (key === undefined) return call;
  const fingerprint = sha256(JSON.stringify(operations));
  return { ...call, idempotency: { key: ownKey(key, owner), fingerprint } };
}

/** Neither a name nor a key has a space: no two callers ever have the same key. */
function ownKey(key: string, owner: string | undefined): string {
  return owner === undefined ? key : `${owner} ${key}`;
}
