import {
  bare,
  type Certificate,
  type Decision,
  type Phase,
  type PrePrepare,
  type ProtocolMessage,
  REJECT_CODES,
  type Reply,
  type Request,
  type Verified,
  type ViewChange,
  type Vote,
} from '@ccro/consensus';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDigests, requestDigest, resultProof } from './digests.js';
import { createEd25519Scheme } from './ed25519-scheme.js';
import { KeyError, keyPairFromSeed } from './keys.js';
import { signatureCounts } from './signature-counts.js';
import { type DigestedDraft, MessageSigner, RequestSigner } from './signer.js';
import { createVerification } from './verification.js';
import { isRejected, Verifier } from './verifier.js';

const CLUSTER = 'local';
const N = 4;
const coreDigests = createDigests();

const pairs = Array.from({ length: N }, (_, id) => keyPairFromSeed(Buffer.alloc(32, id + 1)));
const signers = pairs.map(
  ({ secretKey }, replica) => new MessageSigner({ cluster: CLUSTER, replica, secretKey }),
);
const members = pairs.map(({ publicKey }) => publicKey);
const scheme = createEd25519Scheme({ cluster: CLUSTER, members });
const clientPair = keyPairFromSeed(Buffer.alloc(32, 99));
const client = new RequestSigner({ cluster: CLUSTER, secretKey: clientPair.secretKey });
const otherClient = keyPairFromSeed(Buffer.alloc(32, 98));
const clients = new Map([
  ['gateway', clientPair.publicKey],
  ['other', otherClient.publicKey],
]);
const options = { cluster: CLUSTER, members, clients, scheme };
const verifier = new Verifier(options);

function signerOf(replica: number): MessageSigner {
  const signer = signers[replica];
  if (signer === undefined) throw new RangeError(`no replica ${replica}`);
  return signer;
}

const requests: readonly Request[] = [1, 2, 3].map((timestamp) =>
  client.sign({ client: 'gateway', timestamp, operation: `{"n":${timestamp},"é":"\u{1f600}"}` }),
);
const [request] = requests as [Request, Request, Request];
const digests = requests.map(({ digest }) => digest);
const root = coreDigests.batch(digests);

const vote = (replica: number, phase: Phase = 'prepare', digest = root): Vote =>
  signerOf(replica).sign({
    kind: 'vote',
    phase,
    view: 2,
    sequence: 7,
    digest,
    replica,
    attempt: 0,
  });

const certificateOf = (phase: Phase, digest = root): Certificate =>
  scheme.assemble(
    [0, 1, 3].map((id) =>
      signerOf(id).sign({
        kind: 'vote',
        phase,
        view: 2,
        sequence: 7,
        digest,
        replica: id,
        attempt: 0,
      }),
    ),
  );

const prePrepare: PrePrepare = signerOf(2).sign({
  kind: 'pre-prepare',
  view: 2,
  sequence: 7,
  digest: root,
  requests: digests,
  bodies: requests,
  collector: 0,
  replica: 2,
});
const decision: Decision = {
  kind: 'decision',
  sequence: 7,
  view: 2,
  digest: root,
  requests,
  certificate: certificateOf('commit'),
};
const reply: Reply = signerOf(1).sign({
  kind: 'reply',
  replica: 1,
  client: 'gateway',
  view: 2,
  results: requests.map(({ timestamp, digest }) => ({
    timestamp,
    request: digest,
    sequence: 7,
    batch: root,
    result: `{"done":${timestamp}}`,
  })),
  tally: { correct: 6, corrupt: 0 },
});

const samples: readonly ProtocolMessage[] = [
  request,
  prePrepare,
  vote(3),
  vote(0, 'commit'),
  certificateOf('prepare'),
  certificateOf('commit'),
  signerOf(1).sign({
    kind: 'status',
    replica: 1,
    view: 0,
    lastExecuted: 4,
    attempt: 2,
    asks: false,
    settings: ['mode:0123456789abcdef'],
    run: 'run',
    answers: null,
  }),
  signerOf(1).sign({ kind: 'fetch', replica: 1, sequence: 7, digest: root }),
  signerOf(1).sign({
    kind: 'fetch-chunk',
    replica: 1,
    sequence: 128,
    chunk: 'state/kv/3f',
    part: 2,
  }),
  signerOf(2).sign({
    kind: 'chunk-part',
    replica: 2,
    sequence: 128,
    chunk: 'state/kv/3f',
    part: 1,
    parts: 3,
    text: '[["é",1,1]]',
  }),
  decision,
];

type Path = readonly (string | number)[];

/** Paths of all strings, numbers and booleans in a message. */
function fieldsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => fieldsOf(inner, [...path, key]));
}

/** The message with one field changed as little as possible: a character, one more, the opposite. */
function changed<M>(value: M, [key, ...rest]: Path, seed: number): M {
  if (key === undefined) return changedLeaf(value, seed) as M;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[key] = changed(copy[key], rest, seed);
  return copy as M;
}

function changedLeaf(value: unknown, seed: number): unknown {
  if (typeof value === 'number') return seed % 2 === 0 || value === 0 ? value + 1 : value - 1;
  if (typeof value === 'boolean') return !value;
  const text = String(value);
  const at = seed % text.length;
  const replacement = text[at] === '0' ? '1' : '0';
  return text.slice(0, at) + replacement + text.slice(at + 1);
}

/** Fields no signature covers, each for the reason its type gives. */
function isFree(message: ProtocolMessage, path: Path): boolean {
  if (path[0] === 'kind' || path.at(-1) === 'kind') return true;
  if (message.kind === 'vote') return path[0] === 'attempt';
  return message.kind === 'decision' && path[0] === 'requests' && path.at(-1) === 'signature';
}

describe('Verifier', () => {
  it('lets honest messages of every kind through, unchanged', () => {
    for (const message of samples) expect(verifier.verify(message)).toBe(message);
    expect(verifier.verifyReply(reply)).toBe(reply);
  });

  it('refuses every message with any field changed', () => {
    const cases = samples.flatMap((message) =>
      fieldsOf(message)
        .filter((path) => !isFree(message, path))
        .map((path) => ({ message, path })),
    );
    fc.assert(
      fc.property(fc.constantFrom(...cases), fc.nat(200), ({ message, path }, seed) => {
        const outcome = verifier.verify(changed(message, path, seed));
        expect(isRejected(outcome) && REJECT_CODES.includes(outcome)).toBe(true);
      }),
      { numRuns: 1500 },
    );
  });

  it('refuses a reply with any field changed', () => {
    const paths = fieldsOf(reply).filter(([first]) => first !== 'kind');
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.nat(200), (path, seed) => {
        expect(isRejected(verifier.verifyReply(changed(reply, path, seed)))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('ignores the hint outside a vote’s signature', () => {
    const reminder = { ...vote(1), attempt: 9 };
    expect(verifier.verify(reminder)).toBe(reminder);
  });

  it('refuses everything of another cluster', () => {
    const elsewhere = new Verifier({
      ...options,
      cluster: 'elsewhere',
      scheme: createEd25519Scheme({ cluster: 'elsewhere', members }),
    });
    for (const message of samples) expect(isRejected(elsewhere.verify(message))).toBe(true);
    expect(elsewhere.verifyReply(reply)).toBe('bad-signature');
  });
});

describe('requests', () => {
  it('are refused for a client that is not listed', () => {
    const stranger = client.sign({ client: 'stranger', timestamp: 1, operation: 'x' });
    expect(verifier.verify(stranger)).toBe('unknown-client');
    expect(verifier.verify({ ...request, client: '__proto__' })).toBe('unknown-client');
  });

  it('are refused when another client signed them', () => {
    const digest = requestDigest(CLUSTER, 'other', request.timestamp, request.operation);
    expect(verifier.verify({ ...request, client: 'other', digest })).toBe('bad-signature');
  });

  it('are refused under another digest', () => {
    expect(verifier.verify({ ...request, operation: 'other' })).toBe('digest-mismatch');
    expect(verifier.verify({ ...request, digest: root })).toBe('digest-mismatch');
  });

  it('are refused with text that UTF-8 cannot express, which would hash like another', () => {
    const replaced = client.sign({ client: 'gateway', timestamp: 9, operation: '\ufffd' });
    expect(verifier.verify({ ...replaced, operation: '\ud800' })).toBe('malformed');
    expect(() => client.sign({ client: 'gateway', timestamp: 9, operation: '\ud800' })).toThrow(
      RangeError,
    );
  });
});

describe('requests that were signed together', () => {
  const drafts = [11, 12, 13].map((timestamp) =>
    client.digest({ client: 'gateway', timestamp, operation: `${timestamp}` }),
  );
  const listed = client.signAll(drafts);
  const [first, second] = listed as unknown as [Request, Request];
  const list = first.signedWith ?? [];
  const fresh = (): Verifier => new Verifier(options);

  it('hold all together, some of them, and one alone', () => {
    for (const some of [listed, listed.slice(1), [second]]) {
      const message = { kind: 'requests', requests: some } as const;
      expect(fresh().verify(message)).toBe(message);
    }
    expect(fresh().verify(second)).toBe(second);
  });

  it('are one request of its own signature where there is one', () => {
    const [only] = client.signAll(drafts.slice(0, 1));
    expect(only).toEqual(client.sign({ client: 'gateway', timestamp: 11, operation: '11' }));
    expect(only).not.toHaveProperty('signedWith');
  });

  const forged: [string, Request][] = [
    ['one digest less', { ...first, signedWith: list.slice(0, 2) }],
    ['one digest more', { ...first, signedWith: [...list, request.digest] }],
    ['another order', { ...first, signedWith: list.toReversed() }],
    ['no list', (({ signedWith: _list, ...alone }) => alone)(first)],
    ['an empty list', { ...first, signedWith: [] }],
    ['a list that it is not on', { ...request, signature: first.signature, signedWith: list }],
    ['a list of itself, signed alone', { ...request, signedWith: [request.digest] }],
    [
      'the signature of another list',
      { ...first, signature: client.signAll(drafts.slice(1))[0]?.signature ?? '' },
    ],
  ];

  it.each(forged)('are refused with %s, whatever was seen before', (_what, forgery) => {
    const experienced = fresh();
    expect(experienced.verify({ kind: 'requests', requests: listed })).toMatchObject({
      kind: 'requests',
    });
    const knowing = new Verifier({ ...options, knownRequest: () => first });
    for (const checker of [fresh(), experienced, knowing]) {
      expect(checker.verify(forgery)).toBe('bad-signature');
      const among = { kind: 'requests', requests: [second, forgery] } as const;
      expect(checker.verify(among)).toBe('bad-signature');
    }
  });

  it('are refused in the name of another client', () => {
    const digest = requestDigest(CLUSTER, 'other', first.timestamp, first.operation);
    const stolen = { ...first, client: 'other', digest, signedWith: [digest, ...list.slice(1)] };
    expect(verifier.verify(stolen)).toBe('bad-signature');
    expect(verifier.verify({ ...stolen, signedWith: list })).toBe('bad-signature');
  });

  it('are refused in the name of another client whose digest their client put on its list', () => {
    const experienced = fresh();
    const victims = { client: 'other', timestamp: 20, operation: 'theft' };
    const digest = requestDigest(CLUSTER, 'other', victims.timestamp, victims.operation);
    const [own] = client.signAll([drafts[0] as DigestedDraft, { ...victims, digest }]);
    if (own?.signedWith === undefined) throw new Error('they are signed together');
    expect(experienced.verify(own)).toBe(own);
    const { signature, signedWith } = own;
    const stolen: Request = { kind: 'request', ...victims, digest, signature, signedWith };
    expect(experienced.verify(stolen)).toBe('bad-signature');
    expect(experienced.verify({ ...stolen, signedWith: [...signedWith] })).toBe('bad-signature');
  });

  it('are refused when a digest is listed twice, although their client signed the list', () => {
    const [one, other] = drafts as [DigestedDraft, DigestedDraft];
    for (const twice of client.signAll([one, other, one])) {
      expect(fresh().verify(twice)).toBe('bad-signature');
    }
  });

  it('are refused when nothing is left of them', () => {
    expect(verifier.verify({ kind: 'requests', requests: [] })).toBe('malformed');
  });
});

describe('pre-prepares', () => {
  const sign = (changes: Partial<PrePrepare>): PrePrepare =>
    signerOf(2).sign({ ...prePrepare, ...changes, replica: 2 });

  it('need not carry bodies', () => {
    const bare = { ...prePrepare, bodies: [] };
    expect(verifier.verify(bare)).toBe(bare);
  });

  it('must have the root of their requests as digest', () => {
    expect(verifier.verify(sign({ requests: digests.toReversed() }))).toBe('digest-mismatch');
    expect(verifier.verify(sign({ requests: [] }))).toBe('digest-mismatch');
    expect(verifier.verify(sign({ digest: digests[0] ?? '' }))).toBe('digest-mismatch');
  });

  it('carry listed bodies only, each once', () => {
    const stranger = client.sign({ client: 'gateway', timestamp: 50, operation: 'x' });
    expect(verifier.verify(sign({ bodies: [stranger] }))).toBe('digest-mismatch');
    expect(verifier.verify(sign({ bodies: [request, request] }))).toBe('digest-mismatch');
  });

  it('carry authentic bodies only, even of requests that are known', () => {
    const forged = { ...request, signature: requests[1]?.signature ?? '' };
    const disguised = { ...request, operation: 'other' };
    const find = (digest: string): Request | undefined =>
      requests.find((known) => known.digest === digest);
    for (const checker of [verifier, new Verifier({ ...options, knownRequest: find })]) {
      expect(checker.verify({ ...prePrepare, bodies: [forged] })).toBe('bad-signature');
      expect(checker.verify({ ...prePrepare, bodies: [disguised] })).toBe('digest-mismatch');
    }
  });

  it('are not checked again for bodies that are known', () => {
    let asked = 0;
    const unsigned = { ...request, signature: 'A'.repeat(86) };
    const knownRequest = (): Request => {
      asked += 1;
      return unsigned;
    };
    const trusting = new Verifier({ ...options, knownRequest });
    const message = { ...prePrepare, bodies: [unsigned] };
    expect(trusting.verify(message)).toBe(message);
    expect(asked).toBe(1);
  });

  it('are refused with the same code whoever is not a member', () => {
    for (const replica of [4, 1023, 2 ** 40]) {
      expect(verifier.verify({ ...prePrepare, replica })).toBe('unknown-member');
      expect(verifier.verify({ ...vote(1), replica })).toBe('unknown-member');
    }
  });
});

describe('votes', () => {
  it('are refused when another replica signed them', () => {
    const forged = { ...vote(1), replica: 0 };
    expect(verifier.verify(forged)).toBe('bad-signature');
    expect(verifier.verifyVoteSignature(forged)).toBe(false);
    expect(verifier.verifyVoteSignature(vote(1))).toBe(true);
  });

  it('count for one phase', () => {
    expect(verifier.verify({ ...vote(1, 'prepare'), phase: 'commit' })).toBe('bad-signature');
  });
});

describe('decisions', () => {
  it('need a commit certificate', () => {
    const prepared = certificateOf('prepare');
    expect(verifier.verify({ ...decision, certificate: prepared })).toBe('malformed');
    const reused: Certificate = { ...prepared, phase: 'commit' };
    expect(verifier.verify({ ...decision, certificate: reused })).toBe('certificate-bad-signature');
  });

  it('need it for their slot and digest', () => {
    expect(verifier.verify({ ...decision, sequence: 8 })).toBe('malformed');
    expect(verifier.verify({ ...decision, view: 3 })).toBe('malformed');
    const other = certificateOf('commit', coreDigests.batch(digests.slice(1)));
    expect(verifier.verify({ ...decision, certificate: other })).toBe('digest-mismatch');
  });

  it('need the requests the certificate decided, in order', () => {
    for (const wrong of [[], requests.slice(1), requests.toReversed(), [...requests, request]]) {
      expect(verifier.verify({ ...decision, requests: wrong })).toBe('digest-mismatch');
    }
    const [first, ...rest] = requests as [Request, ...Request[]];
    const disguised = [{ ...first, operation: 'other' }, ...rest];
    expect(verifier.verify({ ...decision, requests: disguised })).toBe('digest-mismatch');
  });
});

describe('result proofs', () => {
  it('show one result of a reply without the others', () => {
    for (const [index, result] of reply.results.entries()) {
      const proof = resultProof(reply, index);
      expect(proof.result).toBe(result);
      expect(verifier.refuseResultProof(proof)).toBeUndefined();
    }
    expect(() => resultProof(reply, 3)).toThrow(RangeError);
  });

  it('are refused with any field changed', () => {
    const proof = resultProof(reply, 1);
    fc.assert(
      fc.property(fc.constantFrom(...fieldsOf(proof)), fc.nat(100), (path, seed) => {
        expect(verifier.refuseResultProof(changed(proof, path, seed))).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });
});

describe('queries and answers', () => {
  const query = client.signQuery({
    kind: 'query',
    id: 'q1',
    client: 'gateway',
    replica: 1,
    session: 'its-run',
    counter: 1_700_000,
    query: '{"type":"status"}',
  });
  const answer = signerOf(3).signAnswer({
    kind: 'answer',
    id: 'q1',
    replica: 3,
    answer: '{"up":1}',
  });

  it('are let through as they were signed and refused with any field changed', () => {
    expect(verifier.refuseQuery(query)).toBeUndefined();
    expect(verifier.refuseAnswer(answer)).toBeUndefined();
    const isSigned = ([first]: Path): boolean => first !== 'kind';
    fc.assert(
      fc.property(
        fc.constantFrom(...fieldsOf(query).filter(isSigned)),
        fc.nat(99),
        (path, seed) => {
          expect(verifier.refuseQuery(changed(query, path, seed))).toBeDefined();
        },
      ),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...fieldsOf(answer).filter(isSigned)),
        fc.nat(99),
        (path, seed) => {
          expect(verifier.refuseAnswer(changed(answer, path, seed))).toBeDefined();
        },
      ),
    );
  });

  it('are refused from strangers', () => {
    expect(verifier.refuseQuery({ ...query, client: 'stranger' })).toBe('unknown-client');
    expect(verifier.refuseAnswer({ ...answer, replica: 4 })).toBe('unknown-member');
  });
});

describe('MessageSigner', () => {
  it('signs for its own replica only', () => {
    const fetch = { kind: 'fetch', replica: 1, sequence: 1, digest: root } as const;
    expect(() => signerOf(0).sign(fetch)).toThrow(RangeError);
    expect(() => signerOf(0).signAnswer({ id: 'q', replica: 1, answer: '' })).toThrow(RangeError);
  });

  it('seals what needs a signature and leaves the rest alone', () => {
    const backup = signerOf(0);
    for (const proven of [decision, certificateOf('commit'), prePrepare]) {
      expect(backup.seal(proven)).toBe(proven);
    }
    const at = { replica: 0, sequence: 128, chunk: '', part: 0 } as const;
    for (const unsigned of [
      { kind: 'fetch', replica: 0, sequence: 1, digest: root },
      { kind: 'fetch-chunk', ...at },
      { kind: 'chunk-part', ...at, parts: 1, text: '{}' },
    ] as const) {
      const sealed = backup.seal(unsigned);
      expect(isRejected(verifier.verify(sealed as ProtocolMessage))).toBe(false);
    }
  });
});

describe('a configuration with unusable keys', () => {
  it('is refused', () => {
    const twice = [...members.slice(1), members[1] ?? ''];
    expect(() => new Verifier({ ...options, members: twice })).toThrow('duplicate-member-key');
    const broken = new Map([['gateway', 'not a key']]);
    expect(() => new Verifier({ ...options, clients: broken })).toThrow('malformed-public-key');
    expect(() => createEd25519Scheme({ cluster: CLUSTER, members: [''] })).toThrow(KeyError);
  });
});

describe('new-views', () => {
  const on = (replicas: readonly number[]): ProtocolMessage =>
    signerOf(1).sign({
      kind: 'new-view',
      view: 1,
      viewChanges: replicas.map((replica) => ({ replica, digest: root })),
      reproposals: [],
      replica: 1,
    });

  it('A6: are of a quorum of members, each once, before their signature is looked at', () => {
    expect(verifier.verify(on([0, 2, 3]))).toMatchObject({ kind: 'new-view' });
    const many = Array.from({ length: 1000 }, (_, replica) => replica);
    for (const replicas of [[], [0, 2], [0, 1, 2, 3], [0, 2, 2], [0, 3, 2], [0, 2, 4], many]) {
      const before = signatureCounts().checked;
      expect(verifier.verify(on(replicas))).toBe('malformed-view-change');
      expect(signatureCounts().checked).toBe(before);
    }
  });
});

describe('view-changes', () => {
  const prepared = certificateOf('prepare') as Certificate<'prepare'>;
  const claimed = (replica: number, certificate: Certificate<'prepare'>): ViewChange =>
    signerOf(replica).sign({
      kind: 'view-change',
      view: 3,
      stable: { sequence: 0, digest: root, certificate: null },
      slots: [{ sequence: 7, vote: { view: 2, digest: root }, certificate }],
      replica,
    });
  const checksIn = (work: () => void): number => {
    const before = signatureCounts().checked;
    work();
    return signatureCounts().checked - before;
  };
  const fresh = (wantsProofs = true): Verifier =>
    createVerification({ cluster: CLUSTER, members, clients }, { wantsProofs: () => wantsProofs })
      .verifier;

  it('A13: a certificate is checked once, whoever brings it, in whatever message', () => {
    const own = fresh();
    expect(checksIn(() => own.verify(claimed(0, prepared)))).toBe(1 + 3);
    expect(checksIn(() => own.verify(claimed(1, prepared)))).toBe(1);
    expect(checksIn(() => own.verify(prepared))).toBe(0);
    const otherQuorum = scheme.assemble([0, 1, 2].map((id) => vote(id) as Verified<Vote>));
    const outcome = own.verify(claimed(2, otherQuorum as Certificate<'prepare'>));
    expect(outcome).toMatchObject({ slots: [{ certificate: prepared }] });
    // What one replica found out is nothing to another.
    expect(checksIn(() => fresh().verify(prepared))).toBe(3);
  });

  it('A13, sibling: one of all, which decides, is checked although a quorum is known', () => {
    const own = fresh();
    own.verify(prepared);
    const all = scheme.assemble([0, 1, 2, 3].map((id) => vote(id) as Verified<Vote>));
    expect(checksIn(() => own.verify(all))).toBe(4);
    const { signatures } = all.proof;
    const forged = { ...all.proof, signatures: [...signatures.slice(0, 3), signatures[0] ?? ''] };
    expect(own.verify({ ...all, proof: forged })).toBe('certificate-bad-signature');
  });

  it('A13: shape before the signature, and the signature before what is inside', () => {
    const own = fresh();
    const late = { ...claimed(0, prepared), view: 2 };
    expect(checksIn(() => expect(own.verify(late)).toBe('malformed-view-change'))).toBe(0);
    const foreign = { ...claimed(0, prepared), signature: claimed(1, prepared).signature };
    expect(checksIn(() => expect(own.verify(foreign)).toBe('bad-signature'))).toBe(1);
  });

  it('A13: proofs that nobody asked for are neither checked nor believed', () => {
    const own = fresh(false);
    const forged = { ...prepared, proof: { ...prepared.proof, signatures: ['a', 'b', 'c'] } };
    const spelt = { ...forged, proof: { ...forged.proof, signatures: prepared.proof.signatures } };
    const other = { ...spelt, digest: digests[0] ?? '' };
    for (const certificate of [prepared, forged, other]) {
      const signed = claimed(0, certificate);
      let outcome: unknown;
      expect(checksIn(() => (outcome = own.verify(signed)))).toBe(1);
      expect(outcome).toMatchObject({ slots: [{ certificate: bare(certificate) }] });
    }
  });

  it('A13, sibling: a vote that is repeated is not checked again, a changed one is', () => {
    const first = vote(3);
    const keys = { cluster: CLUSTER, members, clients };
    const { verifier: own } = createVerification(keys, { knownVote: () => first });
    expect(checksIn(() => own.verify({ ...first, attempt: 2 }))).toBe(0);
    const changes = [{ digest: digests[0] }, { view: 3 }, { sequence: 8 }, { phase: 'commit' }];
    for (const change of [...changes, { replica: 2 }, { signature: vote(2).signature }]) {
      const changed = { ...first, ...change } as Vote;
      expect(checksIn(() => expect(own.verify(changed)).toBe('bad-signature'))).toBe(1);
    }
  });

  it('A13: what is claimed without a proof stays a claim until it is known', () => {
    const own = fresh();
    const claim = claimed(0, bare(prepared));
    expect(claim.digest).toBe(claimed(0, prepared).digest);
    expect(own.verify(claim)).toEqual(claim);
    own.verify(prepared);
    expect(own.verify(claim)).toMatchObject({ slots: [{ certificate: prepared }] });
  });
});
