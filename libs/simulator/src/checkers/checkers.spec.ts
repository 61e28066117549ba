import { clusterKeys, developmentCluster, developmentKey } from '@ccro/cluster-config';
import {
  InvariantViolation,
  type Certificate,
  type Phase,
  type PrePrepare,
  type ReplicaStatus,
  type Request,
  type RequestResult,
  type Restored,
  type Snapshot,
  type StoreRecord,
  type Suspicion,
  type Verified,
  type View,
  type ViewChange,
  type Vote,
} from '@ccro/consensus';
import { createDigests, createVerification, MessageSigner, RequestSigner } from '@ccro/crypto';
import type { Outcome } from '@ccro/client';
import { describe, expect, it } from 'vitest';
import { Checkers } from './checkers.js';

const config = developmentCluster({ nodes: 4, mode: 'ccro' });
const { cluster } = config;
const keys = clusterKeys(config);
const { scheme } = createVerification(keys);
const digests = createDigests();
const client = new RequestSigner({
  cluster,
  secretKey: developmentKey('client', 'gateway').secretKey,
});
const A = 'a'.repeat(64);
const B = 'b'.repeat(64);

/** Replica 3 is the faulty one. */
function checkers(honest: readonly number[] = [0, 1, 2]): Checkers {
  const made = new Checkers({
    cluster: keys,
    honest: new Set(honest),
    limits: { windowSlots: 8, maxPooledRequests: 10 },
  });
  for (let timestamp = 1; timestamp <= 9; timestamp += 1) made.onSigned(request(timestamp));
  return made;
}

const found = (from: Checkers): string[] => from.violations.map(({ invariant }) => invariant);

function request(timestamp: number, operation = 'op'): Request {
  return client.sign({ client: 'gateway', timestamp, operation });
}

function resultsOf(sequence: number, requests: readonly Request[]): RequestResult[] {
  const batch = digests.batch(requests.map((each) => each.digest));
  return requests.map(({ timestamp, digest }) => {
    return { timestamp, request: digest, sequence, batch, result: '1' };
  });
}

type Executed = Extract<StoreRecord, { kind: 'executed' }>;

function executed(
  sequence: number,
  requests: readonly Request[],
  overrides: Partial<Pick<Executed, 'ledgerHead' | 'results'>> = {},
): Executed {
  const digest = digests.batch(requests.map((each) => each.digest));
  const certificate = certificateOn('commit', sequence, digest, [0, 1, 2]);
  const decision = { kind: 'decision', sequence, view: 0, digest, requests, certificate } as const;
  const results = resultsOf(sequence, requests);
  return { kind: 'executed', decision, results, ledgerHead: `head ${sequence}`, ...overrides };
}

function certificateOn(
  phase: Phase,
  sequence: number,
  digest: string,
  signers: readonly number[],
): Verified<Certificate> {
  return scheme.assemble(signers.map((replica) => vote(replica, { phase, sequence, digest })));
}

function vote(replica: number, about: Partial<Vote> = {}): Verified<Vote> {
  const { secretKey } = developmentKey('node', replica);
  const { phase = 'commit', view = 0, sequence = 1, digest = A, attempt = 0 } = about;
  const subject = { phase, view, sequence, digest };
  const signer = new MessageSigner({ cluster, replica, secretKey });
  return signer.sign({ kind: 'vote', ...subject, replica, attempt });
}

function prePrepare(digest: string, view = 0): PrePrepare {
  const base = {
    kind: 'pre-prepare',
    view,
    sequence: 1,
    digest,
    requests: [],
    bodies: [],
  } as const;
  return { ...base, collector: 2, replica: 0, signature: 's' };
}

function viewChange(view: number, slots: ViewChange['slots'] = [], digest = A): ViewChange {
  const stable = { sequence: 0, digest: A, certificate: null };
  return { kind: 'view-change', view, stable, slots, replica: 1, digest, signature: 's' };
}

function suspicion(view: View, replica = 1): Suspicion {
  return { kind: 'suspicion', view, replica, signature: 's' };
}

function unsigned({ digest: _digest, signature: _signature, ...rest }: ViewChange) {
  return rest;
}

/** The checkers see it become durable first, as it must be. */
function say(made: Checkers, message: Vote | PrePrepare | ViewChange): void {
  const { replica } = message;
  if (message.kind === 'vote') {
    const { phase, view, sequence, digest } = message;
    made.onDurable(replica, { kind: 'voted', phase, view, sequence, digest });
  } else if (message.kind === 'pre-prepare') {
    made.onDurable(replica, { kind: 'proposed', prePrepare: message });
  } else {
    const left = { kind: 'view-left', view: message.view, viewChange: unsigned(message) } as const;
    made.onDurable(replica, left);
    made.onSent(replica, suspicion(message.view - 1, replica));
  }
  made.onSent(replica, message);
}

describe('a sound run', () => {
  it('has nothing to find', () => {
    const made = checkers();
    for (const replica of [0, 1]) {
      for (const record of [executed(1, [request(1)]), executed(2, [request(2), request(3)])]) {
        made.onAppended(replica, record);
        made.onDurable(replica, record);
      }
    }
    for (const phase of ['prepare', 'commit', 'checkpoint'] as const) {
      say(made, vote(0, { phase, sequence: 3 }));
      say(made, vote(0, { phase, sequence: 3, attempt: 1 }));
    }
    expect(made.violations).toEqual([]);
  });

  it('may have faulty replicas, which store and say what they like', () => {
    const made = checkers();
    made.onAppended(3, executed(7, [request(1, 'forged')]));
    made.onSent(3, vote(3, { digest: A }));
    made.onSent(3, vote(3, { digest: B }));
    made.onStopped(3, new Error('confused'));
    expect(made.violations).toEqual([]);
  });
});

describe('execution', () => {
  it('agreement: another batch, another history', () => {
    const made = checkers();
    made.onAppended(0, executed(1, [request(1)]));
    made.onAppended(1, executed(1, [request(2)], { ledgerHead: 'head 1' }));
    made.onAppended(2, executed(1, [request(1)], { ledgerHead: 'other' }));
    // Two certificates for one slot do not come about without equivocation.
    const others = found(made).filter((invariant) => invariant !== 'no-equivocation');
    expect(others).toEqual(['agreement', 'agreement']);
  });

  it('agreement: another state at a checkpoint, voted on or taken over', () => {
    const made = checkers();
    const state = { phase: 'checkpoint', view: 0, sequence: 4 } as const;
    made.onAppended(0, { kind: 'voted', ...state, digest: A });
    made.onAppended(1, { kind: 'voted', ...state, digest: B });
    expect(found(made)).toEqual(['agreement']);
    const snapshot: Snapshot = { sequence: 4, ledgerHead: A, chunks: [] };
    made.onAppended(2, { kind: 'snapshot', snapshot });
    expect(found(made)).toEqual(['agreement', 'agreement']);
  });

  it('agreement: a chunk whose text is not what its digest says', () => {
    const made = checkers();
    const text = 'true';
    const chunk = { name: 'kv/00', text, digest: digests.chunk('kv/00', text) };
    const state = { sequence: 4, ledgerHead: A, chunks: [chunk] };
    const digest = digests.checkpoint(state);
    made.onAppended(0, { kind: 'voted', phase: 'checkpoint', view: 0, sequence: 4, digest });
    made.onAppended(1, { kind: 'snapshot', snapshot: state });
    expect(found(made)).toEqual([]);
    const snapshot = { ...state, chunks: [{ ...chunk, text: 'false' }] };
    made.onAppended(2, { kind: 'snapshot', snapshot });
    expect(found(made)).toEqual(['agreement']);
  });

  it('order: a gap, a repetition, a step back', () => {
    const made = checkers();
    made.onAppended(0, executed(2, [request(1)]));
    made.onAppended(0, executed(2, [request(1)]));
    made.onAppended(0, { kind: 'snapshot', snapshot: { sequence: 1, ledgerHead: A, chunks: [] } });
    expect(found(made)).toEqual(['order', 'order', 'order']);
  });

  it('validity: what no client signed, what is not in the batch', () => {
    const made = checkers();
    made.onAppended(0, executed(1, [request(1, 'another operation')]));
    made.onAppended(0, executed(2, [request(2)], { results: resultsOf(2, [request(3)]) }));
    expect(found(made)).toEqual(['validity', 'validity']);
  });

  it('integrity: one request twice, in two slots or in one', () => {
    const made = checkers();
    made.onAppended(0, executed(1, [request(1)]));
    made.onAppended(0, executed(2, [request(1)]));
    made.onAppended(0, executed(3, [request(2), request(2)]));
    expect(found(made)).toEqual(['integrity', 'integrity']);
  });

  it('integrity: not the same slot on two replicas, nor again after a restart', () => {
    const made = checkers();
    made.onAppended(0, executed(1, [request(1)]));
    made.onAppended(1, executed(1, [request(1)]));
    made.onRestored(0, undefined);
    made.onAppended(0, executed(1, [request(1)]));
    expect(found(made)).toEqual([]);
  });
});

describe('what is signed', () => {
  it.each(['prepare', 'commit', 'checkpoint'] as const)(
    'no equivocation: two digests in one %s vote, across a restart',
    (phase) => {
      const made = checkers();
      say(made, vote(1, { phase, digest: A }));
      made.onRestored(1, undefined);
      say(made, vote(1, { phase, digest: B }));
      expect(found(made)).toEqual(['no-equivocation']);
    },
  );

  it('no equivocation: not in another view, slot or phase', () => {
    const made = checkers();
    say(made, vote(1, { phase: 'commit', view: 0, sequence: 1, digest: A }));
    say(made, vote(1, { phase: 'commit', view: 1, sequence: 1, digest: B }));
    say(made, vote(1, { phase: 'commit', view: 0, sequence: 2, digest: B }));
    say(made, vote(1, { phase: 'prepare', view: 0, sequence: 1, digest: B }));
    expect(found(made)).toEqual([]);
  });

  it('no equivocation: a vote that shows only inside a certificate', () => {
    const made = checkers();
    say(made, vote(1, { phase: 'prepare', digest: A }));
    const certificate = certificateOn('prepare', 1, B, [0, 1, 3]);
    made.onAppended(2, { kind: 'certified', certificate });
    expect(found(made)).toEqual(['no-equivocation']);
  });

  it('no equivocation: two proposals for a slot', () => {
    const made = checkers();
    say(made, prePrepare(A));
    say(made, prePrepare(B, 4));
    expect(found(made)).toEqual([]);
    say(made, prePrepare(B));
    expect(found(made)).toEqual(['no-equivocation']);
  });

  it('no equivocation: two view-changes for a view', () => {
    const made = checkers();
    say(made, viewChange(1));
    say(made, viewChange(1));
    say(made, viewChange(2, [], B));
    expect(found(made)).toEqual([]);
    say(made, viewChange(2, [], A));
    expect(found(made)).toEqual(['no-equivocation']);
  });

  it('leaving: a vote in a view that was left', () => {
    const made = checkers();
    say(made, viewChange(2));
    say(made, vote(1, { view: 2 }));
    say(made, vote(1, { phase: 'checkpoint', view: 0 }));
    expect(found(made)).toEqual([]);
    say(made, vote(1, { view: 1 }));
    expect(found(made)).toEqual(['leaving']);
  });

  it('leaving: a view-change that omits a vote, or has an older one', () => {
    const made = checkers();
    const report = (view: number) => ({
      sequence: 1,
      vote: { view, digest: A },
      certificate: null,
    });
    say(made, vote(1, { phase: 'prepare', view: 0 }));
    say(made, viewChange(1, [report(0)]));
    say(made, vote(1, { phase: 'prepare', view: 1 }));
    say(made, viewChange(2, [report(1)], B));
    expect(found(made)).toEqual([]);
    say(made, viewChange(3, [report(0)]));
    say(made, viewChange(4, []));
    expect(found(made)).toEqual(['leaving', 'leaving']);
  });

  it('leaving: alone', () => {
    const left = (made: Checkers, view: View): string[] => {
      const record = { kind: 'view-left', view, viewChange: unsigned(viewChange(view)) } as const;
      made.onDurable(1, record);
      made.onSent(1, viewChange(view));
      return found(made);
    };
    const allHonest = (): Checkers => checkers([0, 1, 2, 3]);
    expect(left(allHonest(), 1)).toEqual(['leaving']);
    // Node 3, which is faulty, may have said anything; as a primary it may convict itself.
    expect(left(checkers(), 1)).toEqual([]);
    expect(left(checkers(), 4)).toEqual([]);
    const own = allHonest();
    own.onSent(1, suspicion(0));
    expect(left(own, 1)).toEqual(['leaving']);
    const others = allHonest();
    others.onSent(2, suspicion(2, 2));
    expect(left(others, 3)).toEqual([]);
    others.onSent(2, suspicion(2, 2));
    expect(left(others, 4)).toEqual(['leaving']);
    const follows = allHonest();
    say(follows, { ...viewChange(2), replica: 2 });
    // Node 2 has left alone, and node 1 after it.
    expect(left(follows, 2)).toEqual(['leaving']);
  });

  it('leaving: a view-change that omits a certificate', () => {
    const made = checkers();
    const certificate = certificateOn('prepare', 1, A, [0, 1, 2]) as Certificate<'prepare'>;
    const own = { sequence: 1, vote: { view: 0, digest: A } };
    made.onDurable(1, { kind: 'certified', certificate });
    say(made, viewChange(1, [{ ...own, certificate }]));
    expect(found(made)).toEqual([]);
    say(made, viewChange(2, [{ ...own, certificate: null }]));
    expect(found(made)).toEqual(['leaving']);
  });
});

describe('certificates', () => {
  const flawed: [string, Certificate][] = [
    ['below the quorum', certificateOn('prepare', 1, A, [0, 1])],
    ['of one replica twice', certificateOn('prepare', 1, A, [0, 1, 1])],
    ['on another digest', { ...certificateOn('prepare', 1, A, [0, 1, 2]), digest: B }],
    ['of another phase', { ...certificateOn('prepare', 1, A, [0, 1, 2]), phase: 'commit' }],
    ['of a stranger', withSigners(certificateOn('prepare', 1, A, [0, 1, 2]), [0, 1, 7])],
  ];

  it.each(flawed)('one %s', (_name, certificate) => {
    const made = checkers();
    made.onAppended(0, { kind: 'certified', certificate });
    expect(found(made)).toEqual(['certificates']);
  });

  it('one inside a decision', () => {
    const made = checkers();
    const record = executed(1, [request(1)]);
    const certificate = certificateOn('commit', 1, record.decision.digest, [0, 1]);
    made.onAppended(0, { ...record, decision: { ...record.decision, certificate } });
    expect(found(made)).toEqual(['certificates']);
  });

  it('a decision by prepare votes, unless all n cast one', () => {
    const made = checkers();
    const record = executed(1, [request(1)]);
    const { digest } = record.decision;
    const decidedBy = (certificate: Verified<Certificate>): Executed => ({
      ...record,
      decision: { ...record.decision, certificate },
    });
    made.onAppended(0, decidedBy(certificateOn('prepare', 1, digest, [0, 1, 2, 3])));
    expect(found(made)).toEqual([]);
    made.onAppended(1, decidedBy(certificateOn('prepare', 1, digest, [0, 1, 3])));
    expect(found(made)).toEqual(['certificates']);
  });

  it('none of a quorum', () => {
    const made = checkers();
    const certificate = certificateOn('prepare', 1, A, [0, 1, 3]);
    made.onAppended(0, { kind: 'certified', certificate });
    expect(found(made)).toEqual([]);
  });
});

function withSigners(certificate: Certificate, signers: readonly number[]): Certificate {
  return { ...certificate, proof: { ...certificate.proof, signers } };
}

describe('durability', () => {
  const reply = {
    kind: 'reply',
    replica: 0,
    client: 'gateway',
    view: 0,
    results: resultsOf(1, [request(1)]),
    tally: { correct: 0, corrupt: 0 },
    signature: 's',
  } as const;

  it('durable before visible: votes, proposals, view-changes and replies', () => {
    const made = checkers();
    for (const message of [vote(0), prePrepare(A), reply]) made.onSent(0, message);
    made.onSent(1, suspicion(0));
    made.onSent(1, viewChange(1));
    expect(found(made)).toEqual(Array.from({ length: 4 }, () => 'durable-before-visible'));
  });

  it('durable before visible: another vote than the durable one', () => {
    const made = checkers();
    made.onDurable(0, { kind: 'voted', phase: 'commit', view: 0, sequence: 1, digest: B });
    made.onSent(0, vote(0, { digest: A }));
    expect(found(made)).toEqual(['durable-before-visible']);
  });

  it('durable before visible: not what has executed, here or as part of a state', () => {
    const made = checkers();
    made.onDurable(0, executed(1, [request(1)]));
    made.onSent(0, reply);
    const snapshot = { sequence: 1, ledgerHead: A, chunks: [] };
    made.onDurable(1, { kind: 'snapshot', snapshot });
    made.onSent(1, { ...reply, replica: 1 });
    expect(found(made)).toEqual([]);
  });

  it('durability: a replica that starts again with less than it had stored', () => {
    const made = checkers();
    const record = executed(1, [request(1)]);
    made.onDurable(0, record);
    made.onRestored(0, { decisions: [record] } as Partial<Restored> as Restored);
    expect(found(made)).toEqual([]);
    made.onRestored(0, undefined);
    expect(found(made)).toEqual(['durability']);
  });
});

describe('what is seen from outside', () => {
  const status: ReplicaStatus = {
    view: 0,
    active: true,
    stableCheckpoint: 8,
    primary: 0,
    collector: 2,
    lastExecuted: 9,
    lowWatermark: 8,
    highWatermark: 16,
    pooledRequests: 10,
    slots: 40,
    ledgerHead: A,
    takesPart: true,
    differing: [],
  };

  it('replies: a result that nobody executed, or another one', () => {
    const made = checkers();
    made.onAppended(0, executed(1, [request(1)]));
    const [result] = resultsOf(1, [request(1)]);
    if (result === undefined) throw new Error('one request, one result');
    const outcome = { ...result, resultText: result.result } as Partial<Outcome> as Outcome;
    made.onDecided('gateway', outcome);
    expect(found(made)).toEqual([]);
    made.onDecided('gateway', { ...outcome, resultText: '2' });
    made.onDecided('gateway', { ...outcome, sequence: 2 });
    made.onDecided('gateway', { ...outcome, timestamp: 2 });
    expect(found(made)).toEqual(['replies', 'replies', 'replies']);
  });

  it.each([
    ['slots', { slots: 41 }],
    ['requests', { pooledRequests: 11 }],
    ['window', { highWatermark: 17 }],
    ['low watermark', { lowWatermark: 9 }],
  ] as const)('bounded memory: %s', (_what, excess) => {
    const made = checkers();
    made.onStatus(0, status);
    expect(found(made)).toEqual([]);
    made.onStatus(0, { ...status, ...excess });
    expect(found(made)).toEqual(['bounded-memory']);
  });

  it('certificates: what a view carried over is not decided in one round', () => {
    const sentBy = (
      replica: number,
      view: number,
      sequence: number,
      signers: number[],
    ): Checkers => {
      const made = checkers();
      const newView = { reproposals: [{ sequence: 5, digest: A }] };
      const entered = { kind: 'view-entered', view: 1, newView: { newView, viewChanges: [] } };
      made.onAppended(0, entered as unknown as StoreRecord);
      const proof = { scheme: 'ed25519', signers, signatures: [] };
      const slot = { phase: 'prepare', view, sequence, digest: A, proof } as const;
      made.onSent(replica, { kind: 'certificate', ...slot }, true);
      return made;
    };
    const everybody = [0, 1, 2, 3];
    expect(found(sentBy(0, 1, 5, everybody))).toEqual(['certificates']);
    for (const allowed of [
      sentBy(0, 1, 6, everybody),
      sentBy(0, 2, 5, everybody),
      sentBy(0, 1, 5, [0, 1, 2]),
      sentBy(3, 1, 5, everybody),
    ]) {
      expect(found(allowed)).toEqual([]);
    }
  });

  it('stopped: whatever the reason', () => {
    const made = checkers();
    made.onStopped(0, new InvariantViolation('order', 'slot 3 after 1'));
    made.onStopped(1, new TypeError('no such thing'));
    expect(found(made)).toEqual(['stopped', 'stopped']);
    expect(made.violations[0]?.message).toContain('invariant "order" violated: slot 3 after 1');
  });
});
