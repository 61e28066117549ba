import type {
  Certificate,
  CertificateAssembler,
  CertificateProof,
  ClusterSize,
  ReplicaId,
  RejectCode,
  Signature,
  Verified,
  Vote,
} from '@ccro/consensus';
import { asVerified } from './verified.js';

export type SchemeName = 'ed25519' | 'bls';

/** How votes are signed, become a certificate, and how a certificate proves itself. */
export interface SignatureScheme extends CertificateAssembler {
  /** As `CertificateProof.scheme` spells it. */
  readonly name: SchemeName;
  /** Whether checking votes together is cheaper than one by one: then they may wait for others. */
  readonly checksTogether: boolean;
  /** @returns why the vote was not signed by its replica, or undefined when it was. Never throws. */
  refuseVote(vote: Vote): RejectCode | undefined;
  /**
   * What `refuseVote` would say of each, in their order.
   *
   * @param votes on one (phase, view, sequence, digest)
   */
  refuseVotes(votes: readonly Vote[]): (RejectCode | undefined)[];
  /** Told of the own votes: a certificate that lists one, letter by letter, saves its check. */
  remember(vote: Verified<Vote>): void;
  /** @param votes a quorum on one (phase, view, sequence, digest), signers distinct, ascending */
  assemble(votes: readonly Verified<Vote>[]): Verified<Certificate>;
  /** What `refuseCertificate` says of the certificate without a look at signatures. Never throws. */
  refuseForm(certificate: Certificate): RejectCode | undefined;
  /** @returns why the certificate proves nothing, or undefined when it holds. Never throws. */
  refuseCertificate(certificate: Certificate): RejectCode | undefined;
}

/**
 * What every scheme asks of the list of signers (protocol: Q distinct members).
 *
 * @param n number of members
 * @param quorum Q for that n
 */
export function refuseSigners(
  signers: readonly ReplicaId[],
  n: number,
  quorum: number,
): RejectCode | undefined {
  let previous = -1;
  for (const signer of signers) {
    if (!Number.isInteger(signer) || signer < 0 || signer >= n) return 'unknown-member';
    if (signer === previous) return 'certificate-duplicate-signer';
    if (signer < previous) {
      // One spelling for each set of signers; a repetition further back is named as such.
      const repeated = new Set(signers).size < signers.length;
      return repeated ? 'certificate-duplicate-signer' : 'malformed';
    }
    previous = signer;
  }
  return signers.length < quorum ? 'certificate-below-quorum' : undefined;
}

/**
 * What every scheme asks of a proof before it looks at signatures.
 *
 * @param signatures how many the scheme makes of these signers' votes
 */
export function refuseProof(
  proof: CertificateProof,
  scheme: SchemeName,
  { n, quorum }: ClusterSize,
  signatures: number,
): RejectCode | undefined {
  if (proof.scheme !== scheme) return 'certificate-wrong-scheme';
  const refusal = refuseSigners(proof.signers, n, quorum);
  if (refusal !== undefined) return refusal;
  return proof.signatures.length === signatures ? undefined : 'certificate-bad-signature';
}

/**
 * Puts votes on the same (phase, view, sequence, digest) together.
 *
 * @param signaturesOf what the proof holds, of the votes by replica, ascending
 * @throws RangeError without votes
 */
export function certificateOf(
  votes: readonly Vote[],
  scheme: SchemeName,
  signaturesOf: (ascending: readonly Vote[]) => readonly Signature[],
): Verified<Certificate> {
  const [first] = votes;
  if (first === undefined) throw new RangeError('a certificate needs votes');
  const { phase, view, sequence, digest } = first;
  const ascending = votes.toSorted((a, b) => a.replica - b.replica);
  const signers = ascending.map(({ replica }) => replica);
  const proof = { scheme, signers, signatures: signaturesOf(ascending) };
  return asVerified({ kind: 'certificate', phase, view, sequence, digest, proof });
}
