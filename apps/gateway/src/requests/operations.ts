import type { ClusterConfig } from '@ccro/cluster-config';
import {
  appendOperation,
  encodeOperation,
  operationFault,
  OperationError,
  type JsonObject,
  type JsonValue,
} from '@ccro/state-machine';
import { ProblemException } from '@ccro/http';
import type { SubmitRequestDto } from './dto/submit-request.dto.js';

/**
 * The operation a body stands for: `data` is appended to the ledger, `operation` is passed on.
 *
 * @param cluster whose state machine executes it
 * @throws ProblemException `invalid-request` or `payload-too-large`
 */
export function operationOf(body: SubmitRequestDto, cluster: ClusterConfig): string {
  // Everything in the body came out of JSON.
  return operationFrom(() => {
    if (body.operation === undefined) return appendOperation(body.data as JsonValue);
    const operation = encodeOperation(body.operation as JsonObject);
    requireKnown(operation, cluster);
    return operation;
  });
}

/**
 * Refuses operations that the cluster would decide without effect. Unknown types may belong to a state
 * machine of the cluster that the gateway does not have.
 *
 * @throws OperationError
 */
export function requireKnown(operation: string, { stateMachine }: ClusterConfig): void {
  const fault = operationFault(operation);
  if (fault === undefined || (fault === 'unknown-operation' && stateMachine !== undefined)) return;
  throw new OperationError(fault);
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
