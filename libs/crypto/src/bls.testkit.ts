/** Members with BLS keys made of small seeds, and votes of theirs. */

import type { Certificate, Verified, Vote } from '@ccro/consensus';
import { createBlsScheme } from './bls-scheme.js';
import type { SignatureScheme } from './certificate-scheme.js';
import { keyPairFromSeed } from './keys.js';
import { MessageSigner } from './signer.js';
import { type VotingKeyPair, VotingKeys, votingKeyPairFromSeed } from './voting-keys.js';

export const CLUSTER = 'local';
export const DIGEST = 'ab'.repeat(32);

const pairs: VotingKeyPair[] = [];

/** The key pair of a member, made once. */
export function blsPair(replica: number): VotingKeyPair {
  pairs[replica] ??= votingKeyPairFromSeed(Buffer.alloc(32, replica + 101));
  return pairs[replica];
}

export function blsPairs(n: number): VotingKeyPair[] {
  return Array.from({ length: n }, (_, replica) => blsPair(replica));
}

export function blsScheme(n: number): SignatureScheme {
  return createBlsScheme({ cluster: CLUSTER, keys: VotingKeys.prove(blsPairs(n)) });
}

export function blsVote(
  replica: number,
  changes: Partial<Vote> = {},
  cluster = CLUSTER,
): Verified<Vote> {
  const { secretKey } = keyPairFromSeed(Buffer.alloc(32, replica + 1));
  const votingSecretKey = blsPair(replica).secretKey;
  const signer = new MessageSigner({ cluster, replica, secretKey, votingSecretKey });
  const vote = { phase: 'prepare', view: 0, sequence: 1, digest: DIGEST, attempt: 0 } as const;
  return signer.sign({ kind: 'vote', ...vote, ...changes, replica });
}

export function blsCertificate(
  scheme: SignatureScheme,
  signers: readonly number[],
  changes: Partial<Vote> = {},
): Certificate {
  return scheme.assemble(signers.map((id) => blsVote(id, changes)));
}
