import { Injectable, StandardSchemaValidationPipe } from '@nestjs/common';
import { ProblemException } from '@ccro/http';

type Issue = Parameters<StandardSchemaValidationPipe['exceptionFactory']>[0][number];

/** Messages quoted in one answer, at most. */
const MAX_ISSUES = 10;

/**
 * Checks bodies, queries and parameters against the schema of their decorator. What does not fit
 * is answered 400 with each field named.
 *
 * @throws ProblemException `invalid-request`
 */
@Injectable()
export class RequestValidationPipe extends StandardSchemaValidationPipe {
  constructor() {
    super({ exceptionFactory: invalidRequest });
  }

  /**
   * Leaves values as they are: Nest would delete keys named `constructor` or `prototype` from
   * what the caller wants decided. Fastify has refused the keys that could do harm already.
   */
  protected override stripProtoKeys(): void {}
}

function invalidRequest(issues: readonly Issue[]): ProblemException {
  const errors = issues.slice(0, MAX_ISSUES).map((issue) => ({
    field: fieldOf(issue),
    message: issue.message,
  }));
  const detail = errors.map(({ field, message }) => `${field}: ${message}`).join('; ');
  return new ProblemException('invalid-request', detail, { extensions: { errors } });
}

function fieldOf({ path }: Issue): string {
  if (path === undefined || path.length === 0) return 'request';
  return path
    .map((segment) => String(typeof segment === 'object' ? segment.key : segment))
    .join('.');
}
