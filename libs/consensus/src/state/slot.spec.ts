import { describe, expect, it } from 'vitest';
import type {
  PrePrepare,
  Request,
  SlotCertificate,
  SlotVote,
  Verified,
} from '../messages/index.js';
import { InvariantViolation } from '../model/invariants.js';
import { Slot, isSameProposal } from './slot.js';
import type { Proposal } from './slot-in-view.js';

const N = 4;
const QUORUM = [0, 1, 2];
const ALL = [0, 1, 2, 3];

function vote(
  replica: number,
  digest: string,
  overrides: Partial<SlotVote> = {},
): Verified<SlotVote> {
  return {
    kind: 'vote',
    phase: 'prepare',
    view: 0,
    sequence: 1,
    digest,
    replica,
    signature: `${replica}:${digest}`,
    attempt: 0,
    ...overrides,
  } as Verified<SlotVote>;
}

function certificate(
  phase: 'prepare' | 'commit',
  view: number,
  digest: string,
  signers: readonly number[] = QUORUM,
): Verified<SlotCertificate> {
  const proof = { scheme: 'words', signers, signatures: [] };
  return {
    kind: 'certificate',
    phase,
    view,
    sequence: 1,
    digest,
    proof,
  } as unknown as Verified<SlotCertificate>;
}

function prePrepare(digest: string, overrides: Partial<PrePrepare> = {}): PrePrepare {
  const base = { kind: 'pre-prepare', view: 0, sequence: 1, requests: [], bodies: [] } as const;
  return { ...base, digest, collector: 1, replica: 0, signature: 's', ...overrides };
}

function proposal(digest: string, batch: readonly Request[] = []): Proposal {
  return { prePrepare: prePrepare(digest), batch };
}

const REQUEST: Request = {
  kind: 'request',
  client: 'c',
  timestamp: 1,
  operation: 'x',
  digest: 'r',
  signature: 's',
};

describe('votes of a slot', () => {
  it('counts distinct signers, never messages', () => {
    const slot = new Slot(1, N);
    expect(slot.addVote(vote(1, 'a'))).toBe('added');
    expect(slot.addVote(vote(1, 'a'))).toBe('known');
    expect(slot.votesFor('prepare', 0, 'a')).toHaveLength(1);
  });

  it('keeps the first of two conflicting votes and both as evidence', () => {
    const slot = new Slot(1, N);
    slot.addVote(vote(1, 'a'));
    expect(slot.addVote(vote(1, 'b'))).toMatchObject({
      kind: 'conflicting-votes',
      accused: 1,
      votes: [{ digest: 'a' }, { digest: 'b' }],
    });
    expect(slot.votesFor('prepare', 0, 'b')).toEqual([]);
    expect(slot.vote('prepare', 1)).toEqual(vote(1, 'a'));
    expect(slot.vote('commit', 1)).toBeUndefined();
  });

  it('a vote for another digest in another view convicts nobody, however late it comes', () => {
    const slot = new Slot(1, N);
    slot.addVote(vote(1, 'a', { view: 1 }));
    expect(slot.addVote(vote(1, 'b', { view: 0 }))).toBe('known');
    expect(slot.addVote(vote(1, 'c', { view: 2 }))).toBe('added');
    expect(slot.vote('prepare', 1)?.digest).toBe('c');
  });

  it('never counts a prepare vote as commit, nor one of another view', () => {
    const slot = new Slot(1, N);
    slot.addVote(vote(1, 'a'));
    expect(slot.votesFor('commit', 0, 'a')).toEqual([]);
    expect(slot.votesFor('prepare', 1, 'a')).toEqual([]);
  });

  it('convicts the primary of one view alone', () => {
    const slot = new Slot(1, N);
    expect([slot.convictOnce(1), slot.convictOnce(1)]).toEqual([true, false]);
    expect([0, 1, 2].map((view) => slot.isConvicted(view))).toEqual([false, true, false]);
    expect(slot.convictOnce(2)).toBe(true);
  });

  it('tallies others, once per replica and phase, from votes and certificates alike', () => {
    const slot = new Slot(1, N);
    slot.addVote(vote(0, 'a'));
    slot.addVote(vote(1, 'a'));
    slot.addVote(vote(2, 'b'));
    slot.setCertificate(certificate('prepare', 0, 'a', [0, 1, 3]));
    expect(slot.tally(0, 'a')).toEqual({ correct: 2, corrupt: 1 });
  });

  it('leaves its own vote out of the tally, whatever that was for', () => {
    const slot = new Slot(1, N);
    slot.addVote(vote(0, 'b'));
    slot.addVote(vote(1, 'b'));
    expect(slot.tally(0, 'a')).toEqual({ correct: 0, corrupt: 1 });
  });
});

describe('what a replica signs in a slot', () => {
  it('refuses to vote twice in one (phase, view), with the same digest too', () => {
    const slot = new Slot(1, N);
    slot.castVote('prepare', { view: 0, digest: 'a', castAtMs: 0 });
    slot.castVote('commit', { view: 0, digest: 'a', castAtMs: 0 });
    const again = () => slot.castVote('prepare', { view: 0, digest: 'a', castAtMs: 0 });
    expect(again).toThrow(InvariantViolation);
    expect(again).toThrow('second prepare vote in view 0 at sequence 1');
  });

  it('refuses to propose twice in one view, or in one before it', () => {
    const slot = new Slot(1, N);
    expect(slot.isProposedIn(1)).toBe(false);
    slot.markProposed(1);
    expect(slot.isProposedIn(1)).toBe(true);
    expect(() => slot.markProposed(1)).toThrow('second proposal in view 1 at sequence 1');
    expect(() => slot.markProposed(0)).toThrow(InvariantViolation);
    slot.markProposed(5);
    expect([1, 5].map((view) => slot.isProposedIn(view))).toEqual([false, true]);
  });

  it.each([
    ['view', { view: 1 }],
    ['sequence', { sequence: 2 }],
    ['digest', { digest: 'b' }],
    ['collector', { collector: 2 }],
    ['replica', { replica: 1 }],
  ])('two pre-prepares that differ in their %s are not the same proposal', (_, other) => {
    expect(isSameProposal(prePrepare('a'), prePrepare('a', other))).toBe(false);
  });

  it('two pre-prepares are the same proposal whatever bodies came with them', () => {
    expect(isSameProposal(prePrepare('a'), prePrepare('a', { bodies: [REQUEST] }))).toBe(true);
  });
});

describe('certificates of a slot', () => {
  it('refuses a second commit certificate for another digest', () => {
    const slot = new Slot(1, N);
    slot.setCertificate(certificate('commit', 0, 'a'));
    expect(() => slot.setCertificate(certificate('commit', 3, 'b'))).toThrow(/agreement/);
  });

  it('takes another digest from a later view while the slot is not decided', () => {
    const slot = new Slot(1, N);
    slot.setCertificate(certificate('prepare', 0, 'a'));
    slot.setCertificate(certificate('prepare', 1, 'b'));
    expect(slot.certificate('prepare')?.digest).toBe('b');
    expect(slot.decidedDigest).toBeUndefined();
  });

  it.each([
    ['in the same view', certificate('prepare', 1, 'a'), certificate('prepare', 1, 'b')],
    ['in an earlier view', certificate('prepare', 1, 'a'), certificate('prepare', 0, 'b')],
    ['once all n prepared', certificate('prepare', 0, 'a', ALL), certificate('prepare', 1, 'b')],
  ])('refuses a second prepare certificate for another digest %s', (_, first, second) => {
    const slot = new Slot(1, N);
    slot.setCertificate(first);
    expect(() => slot.setCertificate(second)).toThrow('two prepare certificates at sequence 1');
  });

  it('keeps the one of the highest view, of one view the latest', () => {
    const slot = new Slot(1, N);
    slot.setCertificate(certificate('prepare', 1, 'a', [0, 1, 2]));
    slot.setCertificate(certificate('prepare', 0, 'a', [0, 1, 3]));
    expect(slot.certificate('prepare')?.view).toBe(1);
    slot.setCertificate(certificate('prepare', 1, 'a', ALL));
    expect(slot.certificate('prepare')?.proof.signers).toEqual(ALL);
    slot.setCertificate(certificate('prepare', 2, 'a'));
    expect(slot.certificate('prepare')?.view).toBe(2);
    // All n prepared: that still decides.
    expect(slot.decisive?.view).toBe(1);
  });

  it('is no decision to pass on before the bodies are here', () => {
    const slot = new Slot(1, N);
    expect(slot.decision()).toBeUndefined();
    slot.setCertificate(certificate('commit', 0, 'a'));
    slot.keep(proposal('b', []));
    expect(slot.decision()).toBeUndefined();
    slot.decidedBatch = { digest: 'a', batch: [REQUEST] };
    expect(slot.decision()).toMatchObject({ digest: 'a', view: 0, requests: [REQUEST] });
  });

  it('is published once a phase, and again in the next view', () => {
    const slot = new Slot(1, N);
    expect(slot.inView.publishOnce('prepare')).toBe(true);
    expect(slot.inView.publishOnce('prepare')).toBe(false);
    expect(slot.inView.publishOnce('commit')).toBe(true);
    slot.enterView();
    expect(slot.inView.publishOnce('prepare')).toBe(true);
  });
});

describe('proposals of a slot', () => {
  /** Which of `count` proposals are left when they were kept one after another. */
  function left(slot: Slot, count: number): string[] {
    const digests = Array.from({ length: count }, (_, index) => `d${index}`);
    for (const digest of digests) slot.keep(proposal(digest, [REQUEST]));
    return digests.filter((digest) => slot.proposalOf(digest) !== undefined);
  }

  it('are found by their digests', () => {
    const slot = new Slot(1, N);
    slot.keep(proposal('a', [REQUEST]));
    expect(slot.proposalOf('a')).toEqual(proposal('a', [REQUEST]));
    expect(slot.batchOf('a')).toEqual([REQUEST]);
    expect(slot.proposalOf('b')).toBeUndefined();
  });

  it('are bounded: of more than eight the oldest goes', () => {
    expect(left(new Slot(1, N), 8)).toHaveLength(8);
    expect(left(new Slot(1, N), 9)).toEqual(['d1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7', 'd8']);
  });

  it('stay when they are certified or voted for, which a view change asks for', () => {
    const slot = new Slot(1, N);
    slot.setCertificate(certificate('prepare', 0, 'd0'));
    slot.castVote('prepare', { view: 1, digest: 'd1', castAtMs: 0 });
    expect(left(slot, 10)).toEqual(['d0', 'd1', 'd4', 'd5', 'd6', 'd7', 'd8', 'd9']);
  });
});

describe('a slot in a new view', () => {
  it('starts anew: its collector has its time again, and nothing was shown to anybody', () => {
    const slot = new Slot(1, N);
    slot.inView.proposal = proposal('a');
    slot.inView.fellBack = true;
    slot.inView.waitedForAll = true;
    slot.inView.proposalShown = true;
    slot.inView.attempts = 3;
    slot.inView.quorum = { digest: 'a', atMs: 7 };
    slot.inView.reminders.add(2);
    slot.enterView();
    expect(slot.inView).toEqual(new Slot(1, N).inView);
  });

  it.each([
    ['goes on fetching the batch that is decided', true, { digest: 'a', attempts: 1 }],
    ['stops fetching a batch that is not decided', false, undefined],
  ])('%s', (_, isDecided, fetching) => {
    const slot = new Slot(1, N);
    if (isDecided) slot.setCertificate(certificate('commit', 0, 'a'));
    slot.fetching = { digest: 'a', attempts: 1 };
    slot.enterView();
    expect(slot.fetching).toEqual(fetching);
  });
});
