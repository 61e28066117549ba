import type { Digest } from '@ccro/consensus';

/**
 * The digest that liars put in the place of `digest`: every hexadecimal digit inverted. All of
 * them tell the same lie, which is the strongest attack they have together.
 */
export function wrongDigest(digest: Digest): Digest {
  return digest.replace(/[0-9a-f]/g, (digit) => (15 - Number.parseInt(digit, 16)).toString(16));
}
