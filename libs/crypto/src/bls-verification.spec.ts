/** What a replica makes of messages where votes are signed with BLS and all else with Ed25519. */

import {
  type Certificate,
  type Decision,
  type ProtocolMessage,
  type UnsignedViewChange,
} from '@ccro/consensus';
import { describe, expect, it } from 'vitest';
import { blsPair, blsPairs, blsVote, CLUSTER } from './bls.testkit.js';
import { createDigests } from './digests.js';
import { keyPairFromSeed } from './keys.js';
import { MessageSigner, RequestSigner } from './signer.js';
import { createVerification } from './verification.js';
import { isRejected } from './verifier.js';
import { VotingKeys } from './voting-keys.js';

const N = 4;
const pairs = Array.from({ length: N }, (_, id) => keyPairFromSeed(Buffer.alloc(32, id + 1)));
const clientPair = keyPairFromSeed(Buffer.alloc(32, 99));
const keys = {
  cluster: CLUSTER,
  members: pairs.map(({ publicKey }) => publicKey),
  clients: new Map([['gateway', clientPair.publicKey]]),
};
const ed25519 = createVerification(keys);
const blsKeys = { ...keys, votingKeys: VotingKeys.prove(blsPairs(N)) };
const bls = createVerification(blsKeys);

function signerOf(replica: number, withBls: boolean): MessageSigner {
  const secretKey = pairs[replica]?.secretKey ?? '';
  const votingSecretKey = withBls ? blsPair(replica).secretKey : undefined;
  return new MessageSigner({ cluster: CLUSTER, replica, secretKey, votingSecretKey });
}

const client = new RequestSigner({ cluster: CLUSTER, secretKey: clientPair.secretKey });
const request = client.sign({ client: 'gateway', timestamp: 1, operation: '{}' });
const digest = createDigests().batch([request.digest]);
const certified = (phase: 'prepare' | 'commit' | 'checkpoint', view: number): Certificate =>
  bls.scheme.assemble([0, 2, 3].map((id) => blsVote(id, { phase, view, digest })));

const refusal = (verifier: typeof bls.verifier, message: ProtocolMessage): string => {
  const outcome = verifier.verify(message);
  return isRejected(outcome) ? outcome : 'accepted';
};

describe('with BLS', () => {
  it('votes need the second key, and hold nowhere else', () => {
    const withBls = blsVote(1);
    const withEd25519 = signerOf(1, false).sign({ ...withBls });
    expect(refusal(bls.verifier, withBls)).toBe('accepted');
    expect(refusal(bls.verifier, withEd25519)).toBe('bad-signature');
    expect(refusal(ed25519.verifier, withBls)).toBe('bad-signature');
    expect(bls.verifier.verifyVoteSignature(withBls)).toBe(true);
    expect(bls.verifier.verifyVoteSignature({ ...withBls, replica: 2 })).toBe(false);
    expect(bls.verifier.checksVotesTogether).toBe(true);
    expect(ed25519.verifier.checksVotesTogether).toBe(false);
  });

  it('votes are verified as a group, each for itself, with either scheme', () => {
    const subject = { kind: 'vote', phase: 'commit', view: 0, sequence: 1, digest } as const;
    for (const { verifier } of [ed25519, bls]) {
      const votes = [0, 1, 2, 3].map((replica) =>
        signerOf(replica, verifier === bls.verifier).sign({ ...subject, replica, attempt: 0 }),
      );
      const spoilt = votes.with(2, { ...votes[2]!, signature: votes[3]!.signature });
      expect(verifier.verifyVotes(votes)).toEqual(votes);
      expect(verifier.verifyVotes(spoilt)).toEqual(votes.with(2, 'bad-signature' as never));
    }
  });

  it('everything else is signed as before', () => {
    const position = { view: 0, lastExecuted: 3, attempt: 0, asks: false };
    const told = { settings: [], run: 'run', answers: null };
    const status = { kind: 'status', replica: 1, ...position, ...told } as const;
    const signed = signerOf(1, true).sign(status);
    expect(signed.signature).toHaveLength(86);
    expect(refusal(bls.verifier, signed)).toBe('accepted');
    expect(refusal(bls.verifier, request)).toBe('accepted');
  });

  it('decisions and view-changes stand on aggregates, and not on those of another scheme', () => {
    const certificate = certified('commit', 0);
    const decision: Decision = {
      ...{ kind: 'decision', sequence: 1, view: 0, digest, requests: [request], certificate },
    };
    expect(refusal(bls.verifier, decision)).toBe('accepted');
    expect(refusal(ed25519.verifier, decision)).toBe('certificate-wrong-scheme');
    const forged = { ...certificate, proof: { ...certificate.proof, signers: [0, 1, 2] } };
    expect(refusal(bls.verifier, { ...decision, certificate: forged })).toBe(
      'certificate-bad-signature',
    );

    const prepared = certified('prepare', 0);
    const stable = { sequence: 0, digest, certificate: null };
    const unsigned = (held: Certificate): UnsignedViewChange => ({
      kind: 'view-change',
      view: 1,
      stable,
      slots: [
        { sequence: 1, vote: { view: 0, digest }, certificate: held as Certificate<'prepare'> },
      ],
      replica: 3,
    });
    const viewChange = signerOf(3, true).sign(unsigned(prepared));
    expect(refusal(bls.verifier, viewChange)).toBe('accepted');
    const claimed = { ...prepared, proof: { ...prepared.proof, signers: [0, 1, 2, 3] } };
    const claims = signerOf(3, true).sign(unsigned(claimed));
    const fresh = createVerification(blsKeys);
    expect(refusal(fresh.verifier, claims)).toBe('certificate-bad-signature');
    // Where the same was proven before, that proof takes the place of the wrong one.
    expect(bls.verifier.verify(claims)).toMatchObject({ slots: [{ certificate: prepared }] });
  });

  it('a certificate of all prepare votes decides as well', () => {
    const all = bls.scheme.assemble([0, 1, 2, 3].map((id) => blsVote(id, { digest })));
    const decision: Decision = {
      ...{ kind: 'decision', sequence: 1, view: 0, digest, requests: [request], certificate: all },
    };
    expect(refusal(bls.verifier, decision)).toBe('accepted');
    const quorum = { ...decision, certificate: certified('prepare', 0) };
    expect(refusal(bls.verifier, quorum)).toBe('malformed');
  });
});
