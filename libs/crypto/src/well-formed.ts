/** Half of a surrogate pair standing alone; with the `u` flag whole pairs do not match. */
const LONE_SURROGATE = /[\ud800-\udfff]/u;

/**
 * Whether UTF-8 can express `text`. JSON can spell lone surrogates (`"\ud800"`), and encoding one
 * turns it into U+FFFD: two different operations would have one digest and one signature, and
 * replicas would execute different things for the same batch.
 */
export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}
