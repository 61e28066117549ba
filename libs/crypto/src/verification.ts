import type { SignatureScheme } from './certificate-scheme.js';
import { createBlsScheme } from './bls-scheme.js';
import { createEd25519Scheme } from './ed25519-scheme.js';
import { KeyError } from './keys.js';
import { checkingOnce, ProvenCertificates } from './proven-certificates.js';
import { Verifier, type VerifierOptions } from './verifier.js';
import type { VotingKeys } from './voting-keys.js';

/** The public keys of a cluster: all that is needed to check what its members and clients say. */
export interface ClusterKeys extends Pick<VerifierOptions, 'cluster' | 'members' | 'clients'> {
  /** The members' BLS keys when votes are signed with them; undefined: Ed25519 signs everything. */
  readonly votingKeys?: VotingKeys | undefined;
}

/** What checks all that the members and clients of a cluster say. */
export interface Verification {
  readonly scheme: SignatureScheme;
  /** Uses `scheme`. */
  readonly verifier: Verifier;
}

/**
 * The signature scheme of a cluster and a verifier that uses it.
 *
 * @throws KeyError for a malformed key, or one that two members share
 */
export function createVerification(
  keys: ClusterKeys,
  options: Pick<VerifierOptions, 'knownRequest' | 'knownVote' | 'wantsProofs'> = {},
): Verification {
  const { cluster, members, clients } = keys;
  const proven = new ProvenCertificates();
  const scheme = checkingOnce(schemeOf(keys), proven);
  const parts = { cluster, members, clients, scheme, proven };
  return { scheme, verifier: new Verifier({ ...parts, ...options }) };
}

/** @throws KeyError when there are not as many BLS keys as members */
function schemeOf({ cluster, members, votingKeys }: ClusterKeys): SignatureScheme {
  if (votingKeys === undefined) return createEd25519Scheme({ cluster, members });
  if (votingKeys.size !== members.length) {
    throw new KeyError(
      'malformed-public-key',
      'every member needs a BLS key, and no one else may have one',
    );
  }
  return createBlsScheme({ cluster, keys: votingKeys });
}
