export { ChunkError, type Application, type Operation } from './application.js';
export { Applications, createStateMachine, operationFault } from './applications.js';
export {
  defineStateMachine,
  definitionFault,
  STATE_MACHINE_LABEL,
  stateMachineLabel,
  type OperationHandler,
  type State,
  type StateMachineDefinition,
} from './definition.js';
export { DefinedApplication } from './defined-application.js';
export {
  KeyValueStore,
  type DeleteResult,
  type GetResult,
  type PutResult,
} from './key-value-store.js';
export { Ledger, type AppendResult } from './ledger.js';
export {
  appendOperation,
  deleteOperation,
  encodeOperation,
  getOperation,
  isKey,
  MAX_KEY_CHARACTERS,
  MAX_OPERATION_DEPTH,
  OperationError,
  putOperation,
  type JsonObject,
  type JsonValue,
  type OperationErrorCode,
  type OperationFailure,
} from './operation.js';
export { rehearse, type Rehearsal } from './rehearsal.js';
