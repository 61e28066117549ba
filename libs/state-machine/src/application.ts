import type { ExecutionContext } from '@ccro/consensus';
import type { JsonObject, OperationErrorCode, OperationFailure } from './operation.js';

/** Of `Application.name`, as part of a regular expression. */
export const NAME_PATTERN = '[A-Za-z0-9_-]{1,32}';
export const NAME = new RegExp(`^${NAME_PATTERN}$`);

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
  /** 1 to 32 of A-Z, a-z, 0-9, _ and -: what the names of its chunks start with, before a `/`. */
  readonly name: string;
  /** Types of operations that are this application's; no two applications share one. */
  readonly operationTypes: readonly string[];
  /**
   * Why an operation of this application can do nothing, whatever the state is; undefined: it can,
   * or that is not known without executing it. `apply` says the same of it.
   */
  fault?(operation: Pick<Operation, 'type' | 'fields'>): OperationErrorCode | undefined;
  /** @returns the result as JSON text */
  apply(operation: Operation, context: ExecutionContext): string;
  /**
   * The chunks written since this was called last, see `StateMachine.takeChanges`. The names lack
   * the application's own; they are up to 64 of A-Z, a-z, 0-9, _, ., - and /. Texts are well-formed
   * Unicode.
   */
  takeChanges(): ReadonlyMap<string, string>;
  /**
   * Replaces the whole state, see `StateMachine.load`. Names are those of `takeChanges`. The state
   * stays as it was when this throws.
   *
   * @throws ChunkError when a text is not one that `takeChanges` makes
   */
  load(chunks: ReadonlyMap<string, string>): void;
}

/** JSON text of a failure. */
export function failure(error: OperationFailure['error']): string {
  return JSON.stringify({ error } satisfies OperationFailure);
}

/** A chunk whose text no honest state has. */
export class ChunkError extends Error {
  /** @param chunk name as the state machine spells it, with the application's */
  constructor(
    readonly chunk: string,
    reason: string,
  ) {
    super(
      `chunk ${JSON.stringify(chunk)} cannot be loaded: ${reason}; ` +
        'it is damaged, or of another version: take the state from another replica',
    );
    this.name = 'ChunkError';
  }
}
