import type { Digest, ExecutionContext, StateMachine } from '@ccro/consensus';
import { failure, type Application } from './application.js';
import { KeyValueStore } from './key-value-store.js';
import { Ledger } from './ledger.js';
import { parseOperation } from './operation.js';
import { stateDigest } from './state-digest.js';

/**
 * Several applications behind one `StateMachine`: an operation goes to the one its `type` belongs
 * to, the digest binds the state of all of them, in order.
 */
export class Applications implements StateMachine {
  private readonly byType = new Map<string, Application>();

  /** @throws RangeError when two applications claim one type of operation */
  constructor(private readonly applications: readonly Application[]) {
    for (const application of applications) {
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

  digest(): Digest {
    return stateDigest('applications', ...this.applications.map((each) => each.digest()));
  }
}

/** The state machine every replica runs: a ledger and a key-value store. */
export function createStateMachine(): StateMachine {
  return new Applications([new Ledger(), new KeyValueStore()]);
}
