import {
  appendOperation,
  encodeOperation,
  OperationError,
  type JsonObject,
  type JsonValue,
} from '@ccro/state-machine';
import { ProblemException } from '../problem/problem.js';
import type { SubmitRequestDto } from './dto/submit-request.dto.js';

/**
 * The operation a body stands for: `data` is appended to the ledger, `operation` is passed on.
 *
 * @throws ProblemException `invalid-request` or `payload-too-large`
 */
export function operationOf(body: SubmitRequestDto): string {
  // Everything in the body came out of JSON.
  return operationFrom(() =>
    body.operation === undefined
      ? appendOperation(body.data as JsonValue)
      : encodeOperation(body.operation as JsonObject),
  );
}

/** What `build` makes, or the problem that is in its way. @throws ProblemException */
export function operationFrom(build: () => string): string {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    const problem = error.code === 'operation-too-large' ? 'payload-too-large' : 'invalid-request';
    throw new ProblemException(problem, `${error.message}.`);
  }
}
