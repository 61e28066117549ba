import { MAX_DEPTH } from './limits.js';

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
