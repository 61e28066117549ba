import {
  type Certificate,
  clusterSize,
  type RejectCode,
  type ReplicaId,
  type Signature,
  type Verified,
  type Vote,
} from '@ccro/consensus';
import { LRUCache } from 'lru-cache';
import { certificateOf, refuseProof, type SignatureScheme } from './certificate-scheme.js';
import { memberKeys, signatureHolds } from './keys.js';
import { voteBytes, type VoteSubject } from './signing-bytes.js';

const NAME = 'ed25519';

/** Own votes whose certificates may still come: more than a window has. */
const REMEMBERED_VOTES = 1024;

export interface Ed25519SchemeOptions {
  readonly cluster: string;
  /** Public keys of all members, by replica id; base64url. */
  readonly members: readonly string[];
}

/**
 * Certificates that list one Ed25519 signature a signer. Checking one costs Q verifications.
 *
 * @throws KeyError for a malformed key, or one that two members share
 */
export function createEd25519Scheme({ cluster, members }: Ed25519SchemeOptions): SignatureScheme {
  const keys = memberKeys(members);
  const size = clusterSize(members.length);
  const remembered = new LRUCache<string, Signature>({ max: REMEMBERED_VOTES });

  const refuseForm = ({ proof }: Certificate): RejectCode | undefined =>
    refuseProof(proof, NAME, size, proof.signers.length);

  function refuseCertificate(certificate: Certificate): RejectCode | undefined {
    const refusal = refuseForm(certificate);
    if (refusal !== undefined) return refusal;
    const { signers, signatures } = certificate.proof;
    const bytes = voteBytes(cluster, certificate);
    const allHold = signers.every((signer, index) => {
      const key = keys[signer];
      const signature = signatures[index];
      if (key === undefined || signature === undefined) return false;
      if (remembered.get(nameOf(certificate, signer)) === signature) return true;
      return signatureHolds(bytes, signature, key);
    });
    return allHold ? undefined : 'certificate-bad-signature';
  }

  function refuseVote(vote: Vote): RejectCode | undefined {
    const key = keys[vote.replica];
    if (key === undefined) return 'unknown-member';
    return signatureHolds(voteBytes(cluster, vote), vote.signature, key)
      ? undefined
      : 'bad-signature';
  }

  const refuseVotes = (votes: readonly Vote[]): (RejectCode | undefined)[] => votes.map(refuseVote);

  function remember(vote: Verified<Vote>): void {
    remembered.set(nameOf(vote, vote.replica), vote.signature);
  }

  const votes = { refuseVote, refuseVotes, remember, assemble };
  return { name: NAME, checksTogether: false, ...votes, refuseForm, refuseCertificate };
}

/** Of what one replica says in its vote. */
function nameOf({ phase, view, sequence, digest }: VoteSubject, replica: ReplicaId): string {
  return `${replica}/${phase}/${view}/${sequence}/${digest}`;
}

/** Votes were verified one by one, so what is put together of them needs no check. */
function assemble(votes: readonly Vote[]): Verified<Certificate> {
  return certificateOf(votes, NAME, (ascending) => ascending.map(({ signature }) => signature));
}
