import type { Digest } from '@ccro/consensus';
import { hashes } from '@ccro/primitives';

/**
 * SHA-256 over a domain tag and parts, each preceded by its length, so that no two lists of parts
 * give the same bytes.
 *
 * @param tag what is being hashed; distinct per use
 */
export function stateDigest(tag: string, ...parts: readonly string[]): Digest {
  let text = '';
  for (const part of [`ccro-state:${tag}`, ...parts]) text += `${part.length}:${part}`;
  return hashes.sha256(text);
}
