/**
 * Whether certificates prove what they say. Quorum and signatures are worked out here once more,
 * by other means than the replicas use: a checker that shared their code would share its mistakes.
 */

import type { Certificate, ReplicaId } from '@ccro/consensus';
import { voteBytes, type ClusterKeys } from '@ccro/crypto';
import { bls, type BlsPublicKey, bytes, ed25519 } from '@ccro/primitives';

/** What a certificate amounts to. */
export interface Assessment {
  /** Why it proves nothing; undefined when it does. */
  readonly flaw: string | undefined;
  /** Members whose signature on it holds. */
  readonly signers: readonly ReplicaId[];
}

export class CertificateChecker {
  private readonly verifiers: readonly ReturnType<typeof ed25519.otherVerifier>[];
  /** Keys of aggregates, in a cluster whose certificates are such. */
  private readonly votingKeys: readonly BlsPublicKey[] | undefined;
  private readonly quorum: number;
  private readonly assessed = new Map<string, Assessment>();

  constructor(private readonly cluster: ClusterKeys) {
    this.verifiers = cluster.members.map((key) =>
      ed25519.otherVerifier(bytes.from(key, 'base64url')),
    );
    this.votingKeys = cluster.votingKeys?.publicKeys.map((key) =>
      bls.publicKeyFrom(bytes.from(key, 'base64url')),
    );
    const n = this.verifiers.length;
    const f = Math.floor((n - 1) / 3);
    // The least number of which any two such sets share an honest replica: 2Q − n > f.
    this.quorum = Math.floor((n + f) / 2) + 1;
  }

  assess(certificate: Certificate): Assessment {
    const { phase, view, sequence, digest, proof } = certificate;
    const key = [phase, view, sequence, digest, ...proof.signers, ...proof.signatures].join(' ');
    const known = this.assessed.get(key);
    if (known !== undefined) return known;
    const assessment = this.examine(certificate);
    this.assessed.set(key, assessment);
    return assessment;
  }

  /** Why it decides nothing although it holds: it is neither of a round of commits nor of all n. */
  flawAsDecision(certificate: Certificate): string | undefined {
    const { flaw, signers } = this.assess(certificate);
    if (flaw !== undefined || certificate.phase === 'commit') return undefined;
    const n = this.verifiers.length;
    const isFull = certificate.phase === 'prepare' && signers.length === n;
    return isFull ? undefined : `which decides nothing: signed by ${signers.length} of ${n}`;
  }

  private examine(certificate: Certificate): Assessment {
    const { signers } = certificate.proof;
    const holding =
      this.votingKeys === undefined
        ? this.holdingSingly(certificate)
        : this.holdingTogether(certificate, this.votingKeys);
    const distinct = [...new Set(holding)];
    let flaw: string | undefined;
    if (holding.length < signers.length) flaw = 'made with a signature that does not hold';
    else if (distinct.length < holding.length) flaw = 'signed twice by one replica';
    else if (distinct.length < this.quorum) {
      flaw = `signed by ${distinct.length}, not by ${this.quorum}`;
    }
    return { flaw, signers: distinct };
  }

  /** Signers whose own signature holds. */
  private holdingSingly(certificate: Certificate): readonly ReplicaId[] {
    const { signers, signatures } = certificate.proof;
    const voted = voteBytes(this.cluster.cluster, certificate);
    return signers.filter((signer, index) => {
      const verify = this.verifiers[signer];
      const signature = bytes.from(signatures[index] ?? '', 'base64url');
      return verify !== undefined && verify(signature, voted);
    });
  }

  /** All signers if the one signature is theirs together, else nobody. */
  private holdingTogether(
    certificate: Certificate,
    votingKeys: readonly BlsPublicKey[],
  ): readonly ReplicaId[] {
    const { signers, signatures } = certificate.proof;
    const keys = signers.flatMap((signer) => votingKeys[signer] ?? []);
    if (signatures.length !== 1 || keys.length === 0 || keys.length < signers.length) return [];
    const voted = voteBytes(this.cluster.cluster, certificate);
    try {
      const signature = bls.signatureFrom(bytes.from(signatures[0] ?? '', 'base64url'));
      return bls.verifySum(voted, keys, signature) ? signers : [];
    } catch {
      return [];
    }
  }
}
