import type { Digest, ExecutionContext } from '@ccro/consensus';
import type { JsonObject, OperationFailure } from './operation.js';

/** An operation that has been read, and the text it was read from. */
export interface Operation {
  readonly type: string;
  readonly fields: JsonObject;
  /** As the client signed it. */
  readonly text: string;
}

/**
 * One of the applications that share the replicated state. `apply` is deterministic and does not
 * throw.
 */
export interface Application {
  /** Types of operations that are this application's; no two applications share one. */
  readonly operationTypes: readonly string[];
  /** @returns the result as JSON text */
  apply(operation: Operation, context: ExecutionContext): string;
  /** Digest of this application's state. */
  digest(): Digest;
}

/** JSON text of a failure. */
export function failure(error: OperationFailure['error']): string {
  return JSON.stringify({ error } satisfies OperationFailure);
}
