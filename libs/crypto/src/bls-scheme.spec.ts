import blst from '@chainsafe/blst';
import { type Certificate, quorumSize, type Vote } from '@ccro/consensus';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blsCertificate, blsScheme, blsVote } from './bls.testkit.js';
import { voteBytes } from './signing-bytes.js';

const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64url');
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

function withProof(certificate: Certificate, changes: Partial<Certificate['proof']>): Certificate {
  return { ...certificate, proof: { ...certificate.proof, ...changes } };
}

describe('BLS certificates', () => {
  it('hold with a quorum of distinct members and not with one less, for every n', () => {
    for (const n of [1, 2, 3, 4, 5, 6, 7, 10, 13, 16]) {
      const scheme = blsScheme(n);
      const quorum = Array.from({ length: quorumSize(n) }, (_, index) => n - 1 - index);
      const certificate = blsCertificate(scheme, quorum);
      expect(scheme.refuseCertificate(certificate)).toBeUndefined();
      expect(certificate.proof.signers).toEqual(quorum.toReversed());
      expect(certificate.proof.signatures).toHaveLength(1);
      if (n === 1) continue;
      const below = blsCertificate(scheme, quorum.slice(1));
      expect(scheme.refuseCertificate(below)).toBe('certificate-below-quorum');
    }
  });

  const scheme = blsScheme(4);
  const valid = blsCertificate(scheme, [0, 1, 3]);

  it('are the same whoever makes them, in whatever order votes came', () => {
    expect(blsCertificate(blsScheme(4), [3, 0, 1])).toEqual(valid);
  });

  it('bind the signature to the set of signers', () => {
    for (const signers of [
      [0, 1, 2],
      [0, 1, 2, 3],
      [1, 2, 3],
    ]) {
      expect(scheme.refuseCertificate(withProof(valid, { signers }))).toBe(
        'certificate-bad-signature',
      );
    }
  });

  it('count distinct members, in one order', () => {
    const refused = (signers: number[]) => scheme.refuseCertificate(withProof(valid, { signers }));
    expect(refused([0, 1, 1])).toBe('certificate-duplicate-signer');
    expect(refused([1, 0, 3])).toBe('malformed');
    expect(refused([0, 1, 4])).toBe('unknown-member');
    // The sum of a signature and itself holds under the sum of a key and itself.
    const twice = scheme.assemble([blsVote(0), blsVote(1), blsVote(1)]);
    expect(scheme.refuseCertificate(twice)).toBe('certificate-duplicate-signer');
  });

  it('have one signature, a point of the group', () => {
    const [signature = ''] = valid.proof.signatures;
    const infinity = textOf(Buffer.concat([Buffer.from([0xc0]), Buffer.alloc(95)]));
    const noPoint = textOf(Buffer.alloc(96, 7));
    const ed25519 = 'A'.repeat(86);
    for (const signatures of [
      [],
      [signature, signature],
      [infinity],
      [noPoint],
      [ed25519],
      [''],
      [`${signature.slice(0, -1)}!`],
    ]) {
      expect(scheme.refuseCertificate(withProof(valid, { signatures }))).toBe(
        'certificate-bad-signature',
      );
    }
  });

  it('cannot be reused for another phase, view, sequence, digest or cluster', () => {
    expect(scheme.refuseCertificate(valid)).toBeUndefined();
    const reused: Partial<Certificate>[] = [
      { phase: 'commit' },
      { phase: 'checkpoint' },
      { view: 1 },
      { sequence: 2 },
      { digest: 'cd'.repeat(32) },
    ];
    for (const change of reused) {
      expect(scheme.refuseCertificate({ ...valid, ...change })).toBe('certificate-bad-signature');
    }
    const elsewhere = scheme.assemble([0, 1, 2].map((id) => blsVote(id, {}, 'elsewhere')));
    expect(scheme.refuseCertificate(elsewhere)).toBe('certificate-bad-signature');
  });

  it('name their scheme, and are not made of nothing', () => {
    expect(scheme.refuseCertificate(withProof(valid, { scheme: 'ed25519' }))).toBe(
      'certificate-wrong-scheme',
    );
    expect(() => scheme.assemble([])).toThrow(RangeError);
  });

  it('do not change from one version to the next', () => {
    expect(blsVote(2, { phase: 'commit', view: 7, sequence: 9 }).signature).toMatchInlineSnapshot(
      `"Dy87-Cbv3Sg2LEcGhMLSNTtq_o3VfdOJZSUfuhtrvVFT3QqjzuGWcZjY7E6W3E2QCYvvcyCkVDIl35OOn1HzZor5pMQVVKsIl7NcKmq4tdF0_u5Yf8xM-Ezv2ynL8dZVDZaynO8JAUntVu5_gC6T0-ymVAHWFyGxuCYFp222LDukZh-tup7gycnL0Gb2FiOYFkSvPvJMTF0XKHEY-4uibhoXZmBSNIU9DVdg-aaVsEIzj4pmEfDVuwifrionEdip"`,
    );
    expect(valid.proof.signatures).toMatchInlineSnapshot(`
      [
        "s2AGY3IqorMznT_BVXMPGfsroN27w8FyFuo1wvYzsOo52SigLP5mOWERQsNhRDoQCjNPoSN8yuR_eHSU46O2cNr3INuXuiOIAlRYQR12yDjy4CarxiRNgg0Ct1E_iQ8H",
      ]
    `);
  });
});

describe('votes signed with BLS', () => {
  const scheme = blsScheme(7);

  it('are refused under another name, with another subject, and from strangers', () => {
    const vote = blsVote(2);
    expect(scheme.refuseVote(vote)).toBeUndefined();
    expect(scheme.refuseVote({ ...vote, attempt: 3 })).toBeUndefined();
    expect(scheme.refuseVote({ ...vote, replica: 1 })).toBe('bad-signature');
    expect(scheme.refuseVote({ ...vote, view: 1 })).toBe('bad-signature');
    expect(scheme.refuseVote({ ...vote, replica: 7 })).toBe('unknown-member');
    expect(scheme.refuseVote({ ...vote, signature: 'A'.repeat(256) })).toBe('bad-signature');
    expect(scheme.refuseVotes([])).toEqual([]);
  });

  /** Ways to spoil a vote; the group's subject stays. */
  const spoilers: ((vote: Vote) => Vote)[] = [
    (vote) => vote,
    (vote) => ({ ...vote, signature: blsVote(vote.replica, { view: 1 }).signature }),
    (vote) => ({ ...vote, signature: blsVote((vote.replica + 1) % 7).signature }),
    (vote) => ({ ...vote, signature: 'A'.repeat(256) }),
    // The same point, as certificates spell theirs.
    (vote) => ({
      ...vote,
      signature: textOf(blst.Signature.fromBytes(bytesOf(vote.signature)).toBytes()),
    }),
    (vote) => ({ ...vote, signature: 'not a signature' }),
    (vote) => ({ ...vote, replica: vote.replica + 7 }),
  ];
  const group = fc
    .tuple(
      fc.uniqueArray(fc.nat(6), { minLength: 1, maxLength: 7 }),
      fc.array(fc.nat(spoilers.length - 1), { minLength: 7, maxLength: 7 }),
    )
    .map(([replicas, ways]) =>
      replicas.map((replica, index) => {
        const way = ways[index] ?? 0;
        return { way, vote: spoilers[way]?.(blsVote(replica)) ?? blsVote(replica) };
      }),
    );

  it('are found bad one by one, and the others make a certificate', () => {
    fc.assert(
      fc.property(group, (drawn) => {
        const votes = drawn.map(({ vote }) => vote);
        const refusals = scheme.refuseVotes(votes);
        expect(refusals).toEqual(votes.map((vote) => scheme.refuseVote(vote)));
        expect(refusals.map((refusal) => refusal === undefined)).toEqual(
          drawn.map(({ way }) => way === 0),
        );
        const good = votes.filter((_, index) => refusals[index] === undefined);
        if (good.length < quorumSize(7)) return;
        expect(scheme.refuseCertificate(scheme.assemble(good as never))).toBeUndefined();
      }),
      { numRuns: 40 },
    );
  });

  /** Two colluding members: s₁ + d and s₂ − d, whose sum is that of two honest votes. */
  function colluding(a: number, b: number): [Vote, Vote] {
    const bytes = voteBytes('local', blsVote(a));
    const random = blst.SecretKey.fromKeygen(Buffer.alloc(32, 77)).sign(bytes);
    const [first, second] = [a, b].map((id) =>
      blst.Signature.fromBytes(bytesOf(blsVote(id).signature)),
    );
    if (first === undefined || second === undefined) throw new Error('two signatures');
    const minus = negated(random);
    const sum = (x: blst.Signature, y: blst.Signature): string =>
      textOf(blst.aggregateSignatures([x, y]).toBytes(false));
    return [
      { ...blsVote(a), signature: sum(first, random) },
      { ...blsVote(b), signature: sum(second, minus) },
    ];
  }

  it('that are only valid as a sum are both refused: no subset is spoilt by them', () => {
    const [first, second] = colluding(1, 5);
    const votes = [blsVote(0), first, blsVote(2), blsVote(3), second, blsVote(4)];
    // A plain sum would take them for valid ...
    const all = scheme.assemble(votes as never);
    expect(scheme.refuseCertificate(all)).toBeUndefined();
    // ... and then a certificate of a subset, which holds one of them, would not hold.
    const subset = scheme.assemble(votes.filter((vote) => vote !== second) as never);
    expect(subset.proof.signers).toEqual([0, 1, 2, 3, 4]);
    expect(scheme.refuseCertificate(subset)).toBe('certificate-bad-signature');
    for (let round = 0; round < 20; round += 1) {
      expect(scheme.refuseVotes(votes)).toEqual([
        undefined,
        'bad-signature',
        undefined,
        undefined,
        'bad-signature',
        undefined,
      ]);
    }
  });
});

/** The other point with the same x: the flag for the sign is the third bit of a compressed point. */
function negated(signature: blst.Signature): blst.Signature {
  const bytes = Buffer.from(signature.toBytes());
  bytes[0] = (bytes[0] ?? 0) ^ 0x20;
  return blst.Signature.fromBytes(bytes, true);
}
