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
import { z } from 'zod';

/** Body of `POST /requests`: exactly one of `data` and `operation`. */
export const submitRequestSchema = z
  .strictObject({
    /** Any JSON value, to be appended to the ledger. */
    data: z.unknown().optional(),
    /** An operation of the state machine, for example `{"type": "kv.put", ...}`. */
    operation: z.unknown().meta({ type: 'object' }).optional(),
  })
  .superRefine((body, context) => {
    // Not `z.record`, which loses a key named __proto__.
    if (Object.hasOwn(body, 'operation') && !isObject(body.operation)) {
      context.addIssue({ code: 'custom', path: ['operation'], message: 'Give an object' });
    }
    const given = ['data', 'operation'].filter((field) => Object.hasOwn(body, field));
    if (given.length === 1) return;
    context.addIssue({
      code: 'custom',
      path: ['data'],
      message:
        given.length === 0 ? 'Give "data" or "operation"' : 'Give "data" or "operation", not both',
    });
  });

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export type SubmitRequestDto = z.infer<typeof submitRequestSchema>;

/** Requests in one call, at most: half of what may be pending, so that two calls fit. */
export const MAX_BATCH_REQUESTS = 1024;

/** Body of `POST /requests/batch`. */
export const submitBatchSchema = z.strictObject({
  requests: z.array(submitRequestSchema).min(1).max(MAX_BATCH_REQUESTS),
});

export type SubmitBatchDto = z.infer<typeof submitBatchSchema>;

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
    return knownOperation(encodeOperation(body.operation as JsonObject), cluster);
  });
}

/**
 * Refuses operations that the cluster would decide without effect. Unknown types may belong to a state
 * machine of the cluster that the gateway does not have.
 *
 * @returns the operation itself
 * @throws OperationError
 */
export function knownOperation(operation: string, { stateMachine }: ClusterConfig): string {
  const fault = operationFault(operation);
  const mayBeKnown = fault === 'unknown-operation' && stateMachine !== undefined;
  if (fault === undefined || mayBeKnown) return operation;
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
