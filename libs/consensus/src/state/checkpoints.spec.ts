import { describe, expect, it } from 'vitest';
import type { Certificate, Verified, Vote } from '../messages/index.js';
import { Checkpoints } from './checkpoints.js';

function vote(sequence: number, replica: number, digest: string): Verified<Vote> {
  const base = { kind: 'vote', phase: 'checkpoint', view: 0, signature: 's', attempt: 0 } as const;
  return { ...base, sequence, replica, digest } as Verified<Vote>;
}

function certificate(sequence: number, digest: string): Certificate<'checkpoint'> {
  const proof = { scheme: 'words', signers: [0, 1, 2], signatures: [] };
  return { kind: 'certificate', phase: 'checkpoint', view: 0, sequence, digest, proof };
}

describe('votes for checkpoints', () => {
  it('count once a signer, the first one', () => {
    const checkpoints = new Checkpoints('genesis');
    const first = vote(128, 1, 'a');
    expect(checkpoints.addVote(first)).toBe('added');
    expect(checkpoints.addVote(first)).toBe('known');
    expect(checkpoints.addVote(vote(128, 1, 'b'))).toEqual({
      kind: 'conflicting-votes',
      accused: 1,
      votes: [first, vote(128, 1, 'b')],
    });
    expect(checkpoints.vote(128, 1)).toEqual(first);
  });

  it('are found by sequence number, and by signer or digest', () => {
    const checkpoints = new Checkpoints('genesis');
    for (const each of [vote(128, 1, 'a'), vote(128, 2, 'b'), vote(256, 3, 'a')]) {
      checkpoints.addVote(each);
    }
    expect(checkpoints.votesFor(128, 'a')).toEqual([vote(128, 1, 'a')]);
    expect(checkpoints.votesFor(384, 'a')).toEqual([]);
    expect(checkpoints.vote(128, 3)).toBeUndefined();
    expect(checkpoints.vote(384, 3)).toBeUndefined();
  });

  it('are kept for the checkpoints above the stable one alone', () => {
    const checkpoints = new Checkpoints('genesis');
    const sequences = [128, 256, 384];
    for (const sequence of sequences) checkpoints.addVote(vote(sequence, 1, 'a'));
    checkpoints.stabilise(certificate(256, 'a'));
    expect(sequences.map((sequence) => checkpoints.vote(sequence, 1)?.sequence)).toEqual([
      undefined,
      undefined,
      384,
    ]);
  });
});

describe('who contradicted itself about a checkpoint', () => {
  it('is remembered for the checkpoints above the stable one alone', () => {
    const checkpoints = new Checkpoints('genesis');
    const said = [128, 256, 384].map((sequence) => vote(sequence, 1, 'a'));
    for (const each of said) expect(checkpoints.catchOnce(each)).toBe(true);
    expect(said.map((each) => checkpoints.isCaught(each))).toEqual([true, true, true]);
    checkpoints.stabilise(certificate(256, 'a'));
    expect(said.map((each) => checkpoints.isCaught(each))).toEqual([false, false, true]);
  });
});

describe('states at checkpoints', () => {
  it('are remembered from the stable checkpoint on', () => {
    const checkpoints = new Checkpoints('genesis');
    const sequences = [128, 256, 384];
    for (const sequence of sequences) checkpoints.reached(sequence, 'a');
    checkpoints.stabilise(certificate(256, 'a'));
    // One that was executed late is needed no more.
    checkpoints.reached(128, 'a');
    expect(sequences.map((sequence) => checkpoints.ownDigest(sequence))).toEqual([
      undefined,
      'a',
      'a',
    ]);
    expect(checkpoints.stable).toMatchObject({ sequence: 256, digest: 'a' });
  });

  it('never differ from what a quorum certified, whichever comes first', () => {
    const message = 'the state after 128 differs from the one that a quorum certified';
    const executed = new Checkpoints('genesis');
    executed.reached(128, 'a');
    expect(() => executed.stabilise(certificate(128, 'b'))).toThrow(message);
    const certified = new Checkpoints('genesis');
    certified.stabilise(certificate(128, 'b'));
    expect(() => certified.reached(128, 'a')).toThrow(message);
  });
});
