/** Which signature scheme a cluster uses for its votes, and whether its keys allow it. */

import { KeyError, type ProvenKey, type SchemeName, VotingKeys } from '@ccro/crypto';
import { ConfigurationError, notAllowed } from './configuration-error.js';

/** As a cluster file or `--signature` says it; `auto`: by the number of members. */
export type SignatureChoice = SchemeName | 'auto';

/**
 * From so many members on, a certificate costs a cluster less as one BLS aggregate than as a list
 * of signatures, everything counted; measured in docs/adr/0015-bls-certificates.md.
 */
export const BLS_FROM = 40;

interface MemberKeys {
  readonly id: number;
  readonly bls?: ProvenKey | undefined;
}

interface SizeAndMode {
  readonly mode: 'ccro' | 'pbft';
  readonly members: readonly MemberKeys[];
}

/** What `auto` stands for. Members without BLS keys sign with the key they have. */
export function chooseScheme(choice: SignatureChoice, cluster: SizeAndMode): SchemeName {
  if (choice !== 'auto') return choice;
  const haveKeys = cluster.members.every(({ bls }) => bls !== undefined);
  return wouldUseBls(cluster) && haveKeys ? 'bls' : 'ed25519';
}

/**
 * Whether a cluster is one for BLS, if it has the keys: a large one with collectors. In PBFT every
 * replica gathers the votes itself, for which Ed25519 is cheaper whatever the size.
 */
export function wouldUseBls({ mode, members }: SizeAndMode): boolean {
  return mode === 'ccro' && members.length >= BLS_FROM;
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
