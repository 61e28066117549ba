import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ProblemException } from '@ccro/http';

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
