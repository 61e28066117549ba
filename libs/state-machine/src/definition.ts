/**
 * State machines that users write: what they consist of, and how they are checked before a node
 * runs one.
 */

import type { ExecutionContext } from '@ccro/consensus';
import { NAME, NAME_PATTERN } from './application.js';
import { builtIn } from './applications.js';
import type { JsonObject, JsonValue } from './operation.js';

/**
 * The state of a user's state machine: a map from keys to JSON values. It is hashed, cut into
 * chunks, stored and transferred by the library. It can be used only while an operation runs.
 */
export interface State {
  /** @returns a copy of the value, or undefined */
  get(key: string): JsonValue | undefined;
  has(key: string): boolean;
  /**
   * @param key 1 to 512 characters
   * @param value what JSON can spell, nested 60 levels at most
   * @throws when it cannot be stored; then the whole operation has no effect
   */
  set(key: string, value: JsonValue): void;
  /** @returns whether the key was there */
  delete(key: string): boolean;
  /** Keys that begin with `prefix` (all of them by default), ascending by UTF-16 unit. */
  keys(prefix?: string): readonly string[];
}

/**
 * Executes one type of operation. Must be deterministic: the same fields, state and context give
 * the same result and the same state on every replica. What it throws undoes what it wrote, and the
 * result is `{"error":"state-machine-failed"}`.
 *
 * @param fields the operation as the client signed it, `type` included; whatever JSON a client likes
 * @param context who signed it, under which timestamp, and in which slot it executes
 * @returns the result, which f + 1 replicas sign
 */
export type OperationHandler = (
  fields: JsonObject,
  state: State,
  context: ExecutionContext,
) => JsonValue;

/** A state machine of a user's own. */
export interface StateMachineDefinition {
  /** 1 to 32 of A-Z, a-z, 0-9, _ and -. */
  readonly name: string;
  /** 1 to 32 of A-Z, a-z, 0-9, `.`, _ and -; another one whenever results or state may differ. */
  readonly version: string;
  /** By the `type` that an operation names. */
  readonly operations: Readonly<Record<string, OperationHandler>>;
}

/** Taken by what every replica runs besides. */
const TAKEN_NAMES = builtIn().map(({ name }) => name);
const TAKEN_TYPES = builtIn().flatMap(({ operationTypes }) => operationTypes);

const VERSION_PATTERN = '[A-Za-z0-9._-]{1,32}';
const VERSION = new RegExp(`^${VERSION_PATTERN}$`);

/** What a cluster file calls a state machine: `name@version`. */
export const STATE_MACHINE_LABEL = new RegExp(`^${NAME_PATTERN}@${VERSION_PATTERN}$`);

/** Gives a definition its type; what it is made of is checked when a node starts with it. */
export function defineStateMachine(definition: StateMachineDefinition): StateMachineDefinition {
  return definition;
}

/** `name@version`. */
export function stateMachineLabel({ name, version }: StateMachineDefinition): string {
  return `${name}@${version}`;
}

/** @returns what keeps `value` from being a state machine, or undefined when it is one */
export function definitionFault(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return 'it is no object';
  const { name, version, operations } = value as Partial<Record<string, unknown>>;
  if (typeof name !== 'string' || !NAME.test(name) || TAKEN_NAMES.includes(name)) {
    return `name must be 1 to 32 of A-Z, a-z, 0-9, _ and -, and not ${TAKEN_NAMES.join(' or ')}`;
  }
  if (typeof version !== 'string' || !VERSION.test(version)) {
    return 'version must be a text of 1 to 32 of A-Z, a-z, 0-9, ".", _ and -';
  }
  if (typeof operations !== 'object' || operations === null) return 'operations must be an object';
  const handlers = Object.entries(operations as Readonly<Record<string, unknown>>);
  if (handlers.length === 0) return 'operations is empty';
  for (const [type, handler] of handlers) {
    if (isTaken(type)) return `operations: ${type} is what the cluster itself executes`;
    if (typeof handler !== 'function') return `operations: ${type} is no function`;
    if (isAsync(handler)) return `operations: ${type} is async; operations are synchronous`;
  }
  return undefined;
}

/** Whether the cluster executes it itself, or may some day: where it has `kv.put`, all of `kv.`. */
function isTaken(type: string): boolean {
  const family = (each: string): string => each.slice(0, each.indexOf('.') + 1);
  return TAKEN_TYPES.some(
    (taken) => taken === type || (family(taken) !== '' && family(taken) === family(type)),
  );
}

/** Whether it was written as `async`: it would give promises. */
function isAsync(handler: object): boolean {
  return Object.prototype.toString.call(handler) === '[object AsyncFunction]';
}
