import { type Certificate, quorumSize, type Verified, type Vote } from '@ccro/consensus';
import { describe, expect, it } from 'vitest';
import { createEd25519Scheme } from './ed25519-scheme.js';
import { type KeyPair, keyPairFromSeed } from './keys.js';
import { signatureCounts } from './signature-counts.js';
import { MessageSigner } from './signer.js';

const CLUSTER = 'local';
const DIGEST = 'ab'.repeat(32);
const pairs = (n: number): KeyPair[] =>
  Array.from({ length: n }, (_, replica) => keyPairFromSeed(Buffer.alloc(32, replica + 1)));

function voteOf(replica: number, changes: Partial<Vote> = {}, cluster = CLUSTER): Verified<Vote> {
  const { secretKey } = keyPairFromSeed(Buffer.alloc(32, replica + 1));
  const signer = new MessageSigner({ cluster, replica, secretKey });
  const vote = { phase: 'prepare', view: 0, sequence: 1, digest: DIGEST, attempt: 0 } as const;
  return signer.sign({ kind: 'vote', ...vote, ...changes, replica });
}

function clusterOf(n: number): {
  scheme: ReturnType<typeof createEd25519Scheme>;
  certify: (signers: readonly number[], changes?: Partial<Vote>) => Certificate;
} {
  const members = pairs(n).map(({ publicKey }) => publicKey);
  const scheme = createEd25519Scheme({ cluster: CLUSTER, members });
  return {
    scheme,
    certify: (signers, changes) => scheme.assemble(signers.map((id) => voteOf(id, changes))),
  };
}

/** Another list of signers and signatures for the same certificate. */
function withSigners(certificate: Certificate, order: readonly number[]): Certificate {
  const { signers, signatures } = certificate.proof;
  const pick = <T>(list: readonly T[]): T[] =>
    order.flatMap((index) => list.slice(index, index + 1));
  const proof = { ...certificate.proof, signers: pick(signers), signatures: pick(signatures) };
  return { ...certificate, proof };
}

describe('Ed25519 certificates', () => {
  it('hold with a quorum of distinct members and not with one less, for every n', () => {
    for (const n of [1, 2, 3, 4, 5, 6, 7, 10, 13]) {
      const { scheme, certify } = clusterOf(n);
      const quorum = Array.from({ length: quorumSize(n) }, (_, index) => n - 1 - index);
      const certificate = certify(quorum);
      expect(scheme.refuseCertificate(certificate)).toBeUndefined();
      expect(certificate.proof.signers).toEqual(quorum.toReversed());
      const below = withSigners(certificate, [...quorum.slice(1).keys()]);
      expect(scheme.refuseCertificate(below)).toBe('certificate-below-quorum');
    }
  });

  it('hold with all members', () => {
    const { scheme, certify } = clusterOf(4);
    expect(scheme.refuseCertificate(certify([0, 1, 2, 3]))).toBeUndefined();
  });

  it('take one check less where the own vote is among them, letter by letter', () => {
    const { scheme, certify } = clusterOf(4);
    const checksOf = (certificate: Certificate): number => {
      const before = signatureCounts().checked;
      expect(scheme.refuseCertificate(certificate)).toBeUndefined();
      return signatureCounts().checked - before;
    };
    scheme.remember(voteOf(1));
    expect(checksOf(certify([0, 1, 3]))).toBe(2);
    expect(checksOf(certify([0, 2, 3]))).toBe(3);
    expect(checksOf(certify([0, 1, 3], { sequence: 2 }))).toBe(3);
    const stolen = certify([0, 1, 3]);
    const [, own = ''] = stolen.proof.signatures;
    const proof = { ...stolen.proof, signatures: stolen.proof.signatures.map(() => own) };
    expect(scheme.refuseCertificate({ ...stolen, proof })).toBe('certificate-bad-signature');
  });

  const { scheme, certify } = clusterOf(4);
  const valid = certify([0, 1, 3]);
  const { proof } = valid;

  it('count signers, not signatures', () => {
    expect(scheme.refuseCertificate(withSigners(valid, [0, 1, 1]))).toBe(
      'certificate-duplicate-signer',
    );
    expect(scheme.refuseCertificate(withSigners(valid, [0, 1, 0]))).toBe(
      'certificate-duplicate-signer',
    );
    expect(scheme.refuseCertificate(withSigners(valid, [0, 1, 2, 2]))).toBe(
      'certificate-duplicate-signer',
    );
  });

  it('have one order', () => {
    expect(scheme.refuseCertificate(withSigners(valid, [1, 0, 2]))).toBe('malformed');
  });

  it('accept members only', () => {
    for (const stranger of [4, 1023, -1, 0.5, 2 ** 53]) {
      const forged = { ...valid, proof: { ...proof, signers: [0, 1, stranger] } };
      expect(scheme.refuseCertificate(forged)).toBe('unknown-member');
    }
  });

  it('bind every signature to its signer', () => {
    const swapped = { ...proof, signatures: proof.signatures.toReversed() };
    const renamed = { ...proof, signers: [0, 1, 2] };
    for (const wrong of [swapped, renamed]) {
      expect(scheme.refuseCertificate({ ...valid, proof: wrong })).toBe(
        'certificate-bad-signature',
      );
    }
  });

  it('need as many signatures as signers', () => {
    for (const signatures of [[], proof.signatures.slice(1), [...proof.signatures, 'x']]) {
      const wrong = { ...valid, proof: { ...proof, signatures } };
      expect(scheme.refuseCertificate(wrong)).toBe('certificate-bad-signature');
    }
  });

  it('cannot be reused for another phase, view, sequence, digest or cluster', () => {
    const reused: Partial<Certificate>[] = [
      { phase: 'commit' },
      { view: 1 },
      { sequence: 2 },
      { digest: 'cd'.repeat(32) },
    ];
    for (const change of reused) {
      expect(scheme.refuseCertificate({ ...valid, ...change })).toBe('certificate-bad-signature');
    }
    const elsewhere = scheme.assemble([0, 1, 2].map((id) => voteOf(id, {}, 'elsewhere')));
    expect(scheme.refuseCertificate(elsewhere)).toBe('certificate-bad-signature');
  });

  it('name their scheme', () => {
    const wrong = { ...valid, proof: { ...proof, scheme: 'bls' } };
    expect(scheme.refuseCertificate(wrong)).toBe('certificate-wrong-scheme');
  });

  it('are not made of nothing', () => {
    expect(() => scheme.assemble([])).toThrow(RangeError);
  });
});
