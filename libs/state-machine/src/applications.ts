import type { ExecutionContext, StateMachine } from '@ccro/consensus';
import { ChunkError, failure, NAME, type Application } from './application.js';
import { KeyValueStore } from './key-value-store.js';
import { Ledger } from './ledger.js';
import { parseOperation, type OperationErrorCode } from './operation.js';

/**
 * Several applications behind one `StateMachine`: an operation goes to the one its `type` belongs
 * to. A chunk's name is the application's, a `/`, and what the application calls it.
 */
export class Applications implements StateMachine {
  private readonly byName = new Map<string, Application>();
  private readonly byType = new Map<string, Application>();

  /** @throws RangeError for a malformed name, and when two claim one name or type of operation */
  constructor(applications: readonly Application[]) {
    for (const application of applications) {
      const { name } = application;
      if (!NAME.test(name)) throw new RangeError(`no name of an application: ${name}`);
      if (this.byName.has(name)) throw new RangeError(`two applications are called ${name}`);
      this.byName.set(name, application);
      for (const type of application.operationTypes) {
        if (this.byType.has(type)) throw new RangeError(`two applications execute ${type}`);
        this.byType.set(type, application);
      }
    }
  }

  /** Never throws: what makes no sense results in `{"error": ...}`, see `OperationErrorCode`. */
  execute(operation: string, context: ExecutionContext): string {
    const parsed = parseOperation(operation);
    if ('error' in parsed) return failure(parsed.error);
    const application = this.byType.get(parsed.type);
    if (application === undefined) return failure('unknown-operation');
    return application.apply({ ...parsed, text: operation }, context);
  }

  /** Why an operation can do nothing, whatever the state is; undefined: nothing is known against it. */
  fault(operation: string): OperationErrorCode | undefined {
    const parsed = parseOperation(operation);
    if ('error' in parsed) return parsed.error;
    const application = this.byType.get(parsed.type);
    if (application === undefined) return 'unknown-operation';
    return application.fault?.(parsed);
  }

  takeChanges(): ReadonlyMap<string, string> {
    const changes = new Map<string, string>();
    for (const [name, application] of this.byName) {
      for (const [chunk, text] of application.takeChanges()) changes.set(`${name}/${chunk}`, text);
    }
    return changes;
  }

  /**
   * See `StateMachine.load`. When it throws, some applications may have loaded and others not: the
   * machine must not be used before another `load` succeeds.
   *
   * @throws ChunkError when a text is not one that `takeChanges` makes
   */
  load(chunks: ReadonlyMap<string, string>): void {
    const shares = new Map(
      [...this.byName.keys()].map((name) => [name, new Map<string, string>()]),
    );
    for (const [chunk, text] of chunks) {
      const end = chunk.indexOf('/');
      const share = shares.get(chunk.slice(0, Math.max(0, end)));
      if (share === undefined) throw new ChunkError(chunk, 'no application has it');
      share.set(chunk.slice(end + 1), text);
    }
    for (const [name, share] of shares) this.byName.get(name)?.load(share);
  }
}

/** The applications that every replica runs, as they are at the start. */
export function builtIn(): readonly Application[] {
  return [new Ledger(), new KeyValueStore()];
}

let known: Applications | undefined;

/**
 * Why an operation can do nothing where no application is added, so that its client is told
 * before it costs a slot.
 */
export function operationFault(operation: string): OperationErrorCode | undefined {
  known ??= new Applications(builtIn());
  return known.fault(operation);
}

/** The state machine every replica runs: a ledger, a key-value store, and what its users add. */
export function createStateMachine(added: readonly Application[] = []): StateMachine {
  return new Applications([...builtIn(), ...added]);
}
