import type { Digest } from '@ccro/consensus';

/**
 * The digest that liars put in the place of `digest`: every hexadecimal digit inverted. All of
 * them use the same one, which is their strongest joint attack.
 */
export function wrongDigest(digest: Digest): Digest {
  return digest.replace(/[0-9a-f]/g, (digit) => (15 - Number.parseInt(digit, 16)).toString(16));
}
