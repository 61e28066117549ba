import { KeyError, parsePublicKey } from './keys.js';

/**
 * Parses the members' public keys, by replica id.
 *
 * @throws KeyError `malformed-public-key`, or `duplicate-member-key` when two members share one:
 *   votes do not name their signer, so a shared key would count twice towards a quorum
 */
export function memberKeys(members: readonly string[]): readonly Buffer[] {
  if (new Set(members).size < members.length) {
    throw new KeyError('duplicate-member-key', 'every member needs a key pair of its own');
  }
  return members.map(parsePublicKey);
}
