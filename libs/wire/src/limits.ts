/** Limits on what is read from the broker, beside those of the messages' fields. */

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

/** Below this size no depth costs enough to look for it. */
const WORTH_LOOKING_BYTES = 32 * 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = [0x5b, 0x7b] as const;
const CLOSING = [0x5d, 0x7d] as const;

/**
 * Whether JSON text nests deeper than any message does. V8 parses without recursion, so depth
 * cannot overflow the stack; but four megabytes of brackets keep it busy for a second, fifty
 * times as long as an honest message of that size.
 */
export function nestsTooDeep(payload: Uint8Array): boolean {
  return payload.length >= WORTH_LOOKING_BYTES && nestsDeeperThan(payload, MAX_DEPTH);
}

/** Whether JSON text has more than `most` arrays and objects inside one another. */
export function nestsDeeperThan(payload: Uint8Array, most: number): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < payload.length; index += 1) {
    const byte = payload[index];
    if (inString) {
      if (byte === BACKSLASH) index += 1;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) {
      inString = true;
    } else if (byte === OPENING[0] || byte === OPENING[1]) {
      depth += 1;
      if (depth > most) return true;
    } else if (byte === CLOSING[0] || byte === CLOSING[1]) {
      depth -= 1;
    }
  }
  return false;
}
