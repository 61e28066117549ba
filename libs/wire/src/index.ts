export type { Codec, Decoded, WireMessage } from './codec.js';
export {
  type Answer,
  type ControlMessage,
  formatNodeQuery,
  isControlMessage,
  type NodeQuery,
  parseNodeQuery,
  type Query,
  type QueryRetry,
  readQueryRetry,
  mayAnswer,
  type NodeAnswer,
  parseNodeAnswer,
} from './control-messages.js';
export {
  COUNTER,
  DIGEST,
  NAME,
  PROOF_SIGNATURE,
  REPLICA,
  SETTING,
  SIGNATURE,
  SMALL_COUNT,
  STRICT,
  text,
} from './fields.js';
export { decode, encode, json, peekKind } from './json-codec.js';
export {
  MAX_CHUNK_NAME_CHARACTERS,
  MAX_CHUNK_PART_CHARACTERS,
  MAX_LEDGER_LIMIT,
  MAX_MEMBERS,
  MAX_MESSAGE_BYTES,
  MAX_OPERATION_CHARACTERS,
  MAX_QUERY_CHARACTERS,
  MAX_REQUESTS,
  MAX_SETTINGS,
  MAX_SIGNED_TOGETHER,
} from './limits.js';
export { nestsTooDeep } from './nesting.js';
export { decodeShown, verifiedDecision } from './shown-messages.js';
