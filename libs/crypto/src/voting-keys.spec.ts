import blst from '@chainsafe/blst';
import { describe, expect, it } from 'vitest';
import { blsPair, blsPairs, CLUSTER, DIGEST } from './bls.testkit.js';
import { createBlsScheme } from './bls-scheme.js';
import { KeyError, keyPairFromSeed } from './keys.js';
import { possessionBytes, voteBytes } from './signing-bytes.js';
import { createVerification } from './verification.js';
import {
  generateVotingKeyPair,
  type ProvenKey,
  VotingKeys,
  votingKeyPairFromSeed,
} from './voting-keys.js';

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const keyOf = (publicKey: string): blst.PublicKey =>
  blst.PublicKey.fromBytes(Buffer.from(publicKey, 'base64url'), true);

/** Three honest members and one with `key`. */
function withLast(key: ProvenKey): ProvenKey[] {
  return [...blsPairs(3), key];
}

function codeOf(members: readonly ProvenKey[]): string {
  try {
    VotingKeys.prove(members);
  } catch (error) {
    if (error instanceof KeyError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('BLS keys', () => {
  it('follow from their seed, and do not change from one version to the next', () => {
    const pair = votingKeyPairFromSeed(Buffer.alloc(32, 1));
    expect(pair).toMatchInlineSnapshot(`
      {
        "possession": "q0XykKvf19wqY9ddcRp4hIM7hW8kxoMcZZcFewdRVmXVCZnZZR0wmOoDByJSrGx3AbYyceCwlB6PFaJJ_4vI9hrbQfraBlidqvfzRle8WcSKiGsg_xM3I86pj4VJB5-X",
        "publicKey": "laJUUBt3MyOe087E1Wc3l3vQnt6IHYojRWDoPlUlAXrdOx3MPqv7heEqQTGxnCU7",
        "secretKey": "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE",
      }
    `);
    const again = votingKeyPairFromSeed(Buffer.from(pair.secretKey, 'base64url'));
    expect(again).toEqual(pair);
    expect(generateVotingKeyPair().publicKey).not.toBe(generateVotingKeyPair().publicKey);
    expect(() => votingKeyPairFromSeed(Buffer.alloc(31))).toThrow(KeyError);
  });

  it('are taken with proofs of possession, many at once', () => {
    const keys = VotingKeys.prove(blsPairs(20));
    expect(keys.size).toBe(20);
    expect(keys.publicKeys).toEqual(blsPairs(20).map(({ publicKey }) => publicKey));
    expect(VotingKeys.prove([]).size).toBe(0);
  });

  it('are refused without a proof of their own, naming the member', () => {
    const { publicKey } = blsPair(3);
    for (const possession of [
      blsPair(2).possession,
      // What it signs in its votes is no proof.
      textOf(
        blst.SecretKey.fromKeygen(Buffer.alloc(32, 104))
          .sign(voteBytes('', { phase: 'prepare', view: 0, sequence: 0, digest: DIGEST }))
          .toBytes(),
      ),
      'A'.repeat(128),
      '',
    ]) {
      expect(codeOf(withLast({ publicKey, possession }))).toMatch(
        /^possession-not-proven: member 3 /,
      );
    }
  });

  it('are refused when two members share one', () => {
    expect(codeOf(withLast(blsPair(0)))).toMatch(/^duplicate-member-key/);
  });

  it('are refused when they are no point of the group, or zero', () => {
    const { possession } = blsPair(3);
    const zero = textOf(Buffer.concat([Buffer.from([0xc0]), Buffer.alloc(47)]));
    for (const publicKey of ['', 'A'.repeat(64), '_'.repeat(64), zero]) {
      expect(codeOf(withLast({ publicKey, possession }))).toMatch(
        /^malformed-public-key: the BLS key of member 3 /,
      );
    }
  });

  it('made of the others’ keys could sign for all of them, which the proof prevents', () => {
    const own = blst.SecretKey.fromKeygen(Buffer.alloc(32, 9));
    const honest = blsPairs(3).map(({ publicKey }) => keyOf(publicKey));
    // own − (k₀ + k₁ + k₂): the sum of all four keys is then the rogue's own.
    const sum = Buffer.from(blst.aggregatePublicKeys(honest).toBytes());
    sum[0] = (sum[0] ?? 0) ^ 0x20;
    const minus = blst.PublicKey.fromBytes(sum, true);
    const rogue = blst.aggregatePublicKeys([own.toPublicKey(), minus]);
    const publicKey = textOf(rogue.toBytes());

    const subject = { phase: 'commit', view: 0, sequence: 1, digest: DIGEST } as const;
    const alone = own.sign(voteBytes(CLUSTER, subject));
    expect(blst.fastAggregateVerify(voteBytes(CLUSTER, subject), [...honest, rogue], alone)).toBe(
      true,
    );

    // It knows no secret of that key: what it can sign with is no proof.
    const possession = textOf(own.sign(possessionBytes(rogue.toBytes())).toBytes());
    expect(codeOf(withLast({ publicKey, possession }))).toMatch(
      /^possession-not-proven: member 3 /,
    );
    const scheme = createBlsScheme({ cluster: CLUSTER, keys: VotingKeys.prove(blsPairs(4)) });
    const proof = { scheme: 'bls', signers: [0, 1, 2, 3], signatures: [textOf(alone.toBytes())] };
    expect(scheme.refuseCertificate({ kind: 'certificate', ...subject, proof })).toBe(
      'certificate-bad-signature',
    );
  });

  it('are needed of every member', () => {
    const members = [1, 2, 3].map((seed) => keyPairFromSeed(Buffer.alloc(32, seed)).publicKey);
    const votingKeys = VotingKeys.prove(blsPairs(2));
    const keys = { cluster: CLUSTER, members, clients: new Map(), votingKeys };
    expect(() => createVerification(keys)).toThrow(KeyError);
  });
});
