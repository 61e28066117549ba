export {
  MAX_CHUNK_NAME_CHARACTERS,
  MAX_CHUNK_PART_CHARACTERS,
  MAX_MEMBERS,
  MAX_MESSAGE_BYTES,
  MAX_OPERATION_CHARACTERS,
  MAX_QUERY_CHARACTERS,
  MAX_REQUESTS,
  MAX_SETTINGS,
  MAX_SIGNED_TOGETHER,
  SETTING,
  type Answer,
  type Query,
} from '@ccro/consensus';
export type { Codec, Decoded, Unreadable, WireMessage } from './codec.js';
export {
  formatNodeQuery,
  type NodeQuery,
  parseNodeQuery,
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
  SIGNATURE,
  SMALL_COUNT,
  STRICT,
  text,
} from './fields.js';
export {
  CODEC_NAMES,
  alsoCodec,
  CODECS,
  type CodecName,
  decodeAlsoOthers,
  type DecodedWith,
  DEFAULT_CODEC,
  peekKind,
} from './codecs.js';
export { compact } from './compact-codec.js';
export { decode, encode, json } from './json-codec.js';
export { MAX_LEDGER_LIMIT, nestsTooDeep } from './limits.js';
export { decodeShown, verifiedDecision } from './shown-messages.js';
