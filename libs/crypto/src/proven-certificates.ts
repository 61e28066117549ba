/**
 * Certificates that one replica found valid or made of votes it had checked, so that each is checked
 * once, from any sender. Every replica has its own: no two share a verdict.
 *
 * Invariants kept here:
 * - certificates: nothing enters but what was checked, signature by signature, or made here;
 * - bounded memory: by the number of signatures, as these are nearly all of a certificate.
 */

import { statementName, type Certificate, type Verified } from '@ccro/consensus';
import { LRUCache } from 'lru-cache';
import type { SignatureScheme } from './certificate-scheme.js';

/** What a window of slots has in both phases, several times over: 800 kB. */
const MAX_SIGNATURES = 8192;

export class ProvenCertificates {
  private readonly known = new LRUCache<string, Verified<Certificate>>({
    maxSize: MAX_SIGNATURES,
    sizeCalculation: ({ proof }) => Math.max(1, proof.signatures.length),
  });

  add(certificate: Verified<Certificate>): void {
    this.known.set(statementName(certificate), certificate);
  }

  /** One that proves the same, by any signers. */
  find(statement: Certificate): Verified<Certificate> | undefined {
    return this.known.get(statementName(statement));
  }

  /** Whether it is known letter by letter. */
  holds(certificate: Certificate): boolean {
    const { proof } = certificate;
    const known = this.find(certificate)?.proof;
    return (
      known?.scheme === proof.scheme &&
      isSame(known.signers, proof.signers) &&
      isSame(known.signatures, proof.signatures)
    );
  }
}

function isSame<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index]);
}

/** A scheme that checks a certificate once, and one that it made not at all. */
export function checkingOnce(scheme: SignatureScheme, proven: ProvenCertificates): SignatureScheme {
  return {
    ...scheme,
    assemble: (votes) => {
      const certificate = scheme.assemble(votes);
      proven.add(certificate);
      return certificate;
    },
    refuseCertificate: (certificate) => {
      if (proven.holds(certificate)) return undefined;
      const refusal = scheme.refuseCertificate(certificate);
      // That is what `scheme.refuseCertificate` says of it.
      if (refusal === undefined) proven.add(certificate as Verified<Certificate>);
      return refusal;
    },
  };
}
