/**
 * Runs a state machine without a cluster, for unit tests of its author.
 *
 * Every operation is executed by two replicas; the second one is restored from its state before
 * each, as after a state transfer. Whatever they do differently is found.
 */

import type { StateMachine } from '@ccro/consensus';
import { Applications } from './applications.js';
import { byKey } from './bucket.js';
import { DefinedApplication } from './defined-application.js';
import { definitionFault, type StateMachineDefinition } from './definition.js';
import { encodeOperation, type JsonObject, type JsonValue } from './operation.js';

export interface Rehearsal {
  /**
   * Executes an operation.
   *
   * @param client who signed it; default `client`
   * @returns the result
   * @throws Error when two replicas came to different results or states, and what the state machine
   *   itself threw
   */
  execute(operation: JsonObject, client?: string): JsonValue;
}

/** @throws TypeError when it is no state machine */
export function rehearse(definition: StateMachineDefinition): Rehearsal {
  const fault = definitionFault(definition);
  if (fault !== undefined) throw new TypeError(`no state machine: ${fault}`);
  const pair = [new RehearsingReplica(definition), new RehearsingReplica(definition)] as const;
  let timestamp = 0;
  return {
    execute(operation, client = 'client') {
      timestamp += 1;
      const context = { client, timestamp, sequence: timestamp };
      const text = encodeOperation(operation);
      pair[1].reload();
      const [first, second] = pair.map((replica) => replica.execute(text, context));
      if (first === undefined || second === undefined) throw new Error('there are two replicas');
      if (first.result !== second.result || first.state !== second.state) {
        throw new Error(
          `${definition.name} is not deterministic: ${text} gave ${first.result} and ` +
            `${second.result}, with ${first.state === second.state ? 'equal' : 'different'} states`,
        );
      }
      return JSON.parse(first.result) as JsonValue;
    },
  };
}

interface Executed {
  readonly result: string;
  /** JSON text of all chunks. */
  readonly state: string;
}

class RehearsingReplica {
  private thrown: unknown;
  private machine: StateMachine;
  private readonly chunks = new Map<string, string>();

  constructor(private readonly definition: StateMachineDefinition) {
    this.machine = this.create();
  }

  /** Goes on in a machine that was restored from the chunks alone. */
  reload(): void {
    if (this.chunks.size === 0) return;
    this.machine = this.create();
    this.machine.load(this.chunks);
  }

  execute(text: string, context: Parameters<StateMachine['execute']>[1]): Executed {
    this.thrown = undefined;
    const result = this.machine.execute(text, context);
    if (this.thrown !== undefined) throw this.thrown;
    for (const [name, chunk] of this.machine.takeChanges()) {
      if (chunk === '') this.chunks.delete(name);
      else this.chunks.set(name, chunk);
    }
    return { result, state: JSON.stringify([...this.chunks].sort(byKey)) };
  }

  private create(): StateMachine {
    const onThrow = (error: unknown): void => void (this.thrown = error);
    return new Applications([new DefinedApplication(this.definition, onThrow)]);
  }
}
