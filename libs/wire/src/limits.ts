/** Limits on what is read from the broker, beside those of the messages' fields. */

export {
  MAX_CHUNK_NAME_CHARACTERS,
  MAX_CHUNK_PART_CHARACTERS,
  MAX_MEMBERS,
  MAX_MESSAGE_BYTES,
  MAX_OPERATION_CHARACTERS,
  MAX_QUERY_CHARACTERS,
  MAX_REQUEST_BYTES,
  MAX_REQUESTS,
  MAX_SETTINGS,
  MAX_SIGNED_TOGETHER,
  MAX_SMALL_MESSAGE_BYTES,
} from '@ccro/consensus';

/** Arrays and objects inside one another at most; honest messages have five. */
export const MAX_DEPTH = 8;

/** Characters of a node's answer about itself, and of one that is a number or a word, at most. */
export const MAX_STATUS_CHARACTERS = 1024 * 1024;
export const MAX_SHORT_ANSWER_CHARACTERS = 1024;

/**
 * Arrays and objects inside one another in an answer at most: a message, and what it is shown in.
 * So readers of an answer may recurse over it.
 */
export const MAX_ANSWER_DEPTH = 2 * MAX_DEPTH;

/** Entries a ledger query may ask for at once. */
export const MAX_LEDGER_LIMIT = 1000;
