/**
 * Runs a state machine that a user wrote.
 *
 * Invariants kept here (agreement):
 * - an operation takes effect as a whole or not at all, whatever the user's code throws;
 * - what it throws is no part of the result: messages differ between versions of Node;
 * - a state of another version is never loaded: the version is part of the state.
 */

import type { ExecutionContext } from '@ccro/consensus';
import { ChunkError, failure, type Application, type Operation } from './application.js';
import { BucketStore, type BucketLimits } from './bucket-store.js';
import type { OperationHandler, StateMachineDefinition } from './definition.js';
import { JournaledState, StateFullError, textOf } from './journaled-state.js';

/** The chunk that says which version made the others. */
const VERSION_CHUNK = 'version';
/** A result travels in a reply with those of a whole batch. */
const MAX_RESULT_CHARACTERS = 64 * 1024;

export class DefinedApplication implements Application {
  readonly name: string;
  readonly operationTypes: readonly string[];
  private readonly handlers: ReadonlyMap<string, OperationHandler>;
  private readonly store: BucketStore;
  private versionTold = false;

  /** @param onThrow told what an operation threw, for the log */
  constructor(
    private readonly definition: StateMachineDefinition,
    private readonly onThrow: (error: unknown, type: string) => void = () => undefined,
    limits: BucketLimits = {},
  ) {
    this.name = definition.name;
    this.handlers = new Map(Object.entries(definition.operations));
    this.operationTypes = [...this.handlers.keys()];
    this.store = new BucketStore(limits);
  }

  apply({ type, fields }: Operation, context: ExecutionContext): string {
    const handler = this.handlers.get(type);
    if (handler === undefined) return failure('unknown-operation');
    const state = new JournaledState(this.store);
    try {
      const result = textOf(handler(fields, state, { ...context }), 'a result');
      if (result.length > MAX_RESULT_CHARACTERS) {
        throw new RangeError(`a result has at most ${MAX_RESULT_CHARACTERS} characters of JSON`);
      }
      return result;
    } catch (error) {
      state.undo();
      // Depends on the machine, so no result can be made of it: this replica stops.
      if (isOutOfStack(error)) throw error;
      this.onThrow(error, type);
      return failure(error instanceof StateFullError ? 'store-full' : 'state-machine-failed');
    } finally {
      state.close();
    }
  }

  takeChanges(): ReadonlyMap<string, string> {
    const changes = this.store.takeChanges();
    if (!this.versionTold) changes.set(VERSION_CHUNK, this.definition.version);
    this.versionTold = true;
    return changes;
  }

  load(chunks: ReadonlyMap<string, string>): void {
    const buckets = new Map(chunks);
    const version = buckets.get(VERSION_CHUNK);
    buckets.delete(VERSION_CHUNK);
    const own = this.definition.version;
    if (version !== own) {
      const found = version === undefined ? 'none' : `version ${version}`;
      const chunk = `${this.name}/${VERSION_CHUNK}`;
      throw new ChunkError(chunk, `the state is of ${found} and this is version ${own}`);
    }
    this.store.load(this.name, buckets);
    this.versionTold = true;
  }
}

function isOutOfStack(error: unknown): boolean {
  return error instanceof RangeError && error.message.startsWith('Maximum call stack');
}
