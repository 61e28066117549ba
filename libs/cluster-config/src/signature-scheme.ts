/** Which signature scheme a cluster uses for its votes, and whether its keys allow it. */

import { KeyError, type ProvenKey, type SchemeName, VotingKeys } from '@ccro/crypto';
import { ConfigurationError, notAllowed } from './configuration-error.js';

/** As a cluster file or `--signature` says it; `auto`: by the number of members. */
export type SignatureChoice = SchemeName | 'auto';

/**
 * From so many members on a BLS aggregate costs less than a list of signatures; measured in
 * docs/adr/0015-bls-certificates.md.
 */
const BLS_FROM = 16;

interface MemberKeys {
  readonly id: number;
  readonly bls?: ProvenKey | undefined;
}

/** What `auto` stands for. Members without BLS keys sign with the key they have. */
export function chooseScheme(choice: SignatureChoice, members: readonly MemberKeys[]): SchemeName {
  if (choice !== 'auto') return choice;
  return wouldUseBls(members.length) && members.every(({ bls }) => bls !== undefined)
    ? 'bls'
    : 'ed25519';
}

/** Whether a cluster of `n` members is large enough for BLS, if it has the keys. */
export function wouldUseBls(n: number): boolean {
  return n >= BLS_FROM;
}

/**
 * The members' BLS keys, each one proven.
 *
 * @param members by id
 * @throws ConfigurationError naming the member whose key is missing, malformed or not proven
 */
export function proveVotingKeys(members: readonly MemberKeys[]): VotingKeys {
  const keys = members.map(({ id, bls }) => {
    if (bls !== undefined) return bls;
    const allowed = 'a BLS key made by "npm run keygen", or signature ed25519';
    throw notAllowed(`members[${id}].bls`, undefined, allowed);
  });
  try {
    return VotingKeys.prove(keys);
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    throw new ConfigurationError('members[].bls', `cannot be used (${error.message})`);
  }
}
