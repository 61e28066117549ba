import {
  quorumSize,
  type Certificate,
  type Decision,
  type OutgoingMessage,
  type PrePrepare,
  type Request,
} from '@ccro/consensus';
import { createDigests } from '@ccro/crypto';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { OutgoingSend } from './behaviour.js';
import {
  createBehaviour,
  FAULT_KINDS,
  FAULTS,
  isFaultKind,
  type Behaviour,
  type FaultKind,
} from './faults.js';
import { seededRandom } from './random.js';

const digests = createDigests();
const cluster = 'test';
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const signatureOf = (text: string): string => createHash('sha512').update(text).digest('base64url');

function behaviour(kind: FaultKind, { self = 0, n = 4, seed = 1 } = {}): Behaviour {
  return createBehaviour(kind, { self, n, cluster, digests, random: seededRandom(seed) });
}

const requests = [digestOf('one'), digestOf('two'), digestOf('three')];
const slot = { view: 0, sequence: 7, digest: digests.batch(requests) };

const prePrepare = {
  kind: 'pre-prepare',
  ...slot,
  requests,
  bodies: [] as Request[],
  collector: 2,
  replica: 0,
} as const satisfies Omit<PrePrepare, 'signature'>;

const vote = { kind: 'vote', phase: 'prepare', ...slot, replica: 0, attempt: 0 } as const;

function certificateOf(n: number): Certificate {
  const signers = Array.from({ length: quorumSize(n) }, (_, replica) => replica);
  const signatures = signers.map((replica) => signatureOf(`vote ${replica}`));
  const proof = { scheme: 'ed25519', signers, signatures };
  return { kind: 'certificate', phase: 'prepare', ...slot, proof };
}

const reply = {
  kind: 'reply',
  replica: 0,
  client: 'gateway',
  view: 0,
  results: [
    { timestamp: 1, request: digestOf('one'), sequence: 7, batch: slot.digest, result: '{"a":1}' },
  ],
  tally: { correct: 3, corrupt: 0 },
} as const;

const status = {
  kind: 'status',
  replica: 0,
  view: 0,
  lastExecuted: 7,
  attempt: 0,
  asks: false,
  settings: [],
  run: 'run',
  answers: null,
} as const;

const fetch = { kind: 'fetch', replica: 0, sequence: 7, digest: slot.digest } as const;

const request: Request = {
  kind: 'request',
  client: 'gateway',
  timestamp: 5,
  operation: '{"type":"append","data":1}',
  digest: digestOf('one'),
  signature: signatureOf('request'),
};

const decision: Decision = {
  kind: 'decision',
  ...slot,
  requests: [request],
  certificate: certificateOf(4),
};

const chunkPart = {
  kind: 'chunk-part',
  replica: 0,
  sequence: 8,
  chunk: 'kv/07',
  part: 0,
  parts: 1,
  text: '[["key","1",3]]',
} as const;

const stable = { sequence: 4, digest: digestOf('state'), certificate: null } as const;

/** For view 1, whose primary is replica 1. */
const viewChange = {
  kind: 'view-change',
  view: 1,
  stable,
  slots: [{ sequence: 7, vote: { view: 0, digest: slot.digest }, certificate: null }],
  replica: 0,
} as const;

/** For view 4, whose primary is replica 0. */
const newView = {
  kind: 'new-view',
  view: 4,
  viewChanges: [0, 1, 2].map((replica) => ({
    replica,
    digest: digestOf(`view-change ${replica}`),
  })),
  reproposals: [{ sequence: 7, digest: slot.digest }],
  replica: 0,
} as const;

const everything: readonly OutgoingMessage[] = [
  prePrepare,
  vote,
  certificateOf(4),
  reply,
  status,
  fetch,
  decision,
  chunkPart,
  viewChange,
  newView,
];

const all = (message: OutgoingMessage): OutgoingSend => ({ to: { kind: 'all' }, message });
const toReplica = (id: number, message: OutgoingMessage): OutgoingSend => ({
  to: { kind: 'replica', id },
  message,
});

function messageOf<M extends OutgoingMessage>(send: OutgoingSend | undefined): M {
  if (send === undefined) throw new Error('nothing was sent');
  return send.message as M;
}

const HEARD = ['request', 'pre-prepare', 'vote', 'certificate', 'status', 'fetch', 'decision'];

/** Which kinds of messages are not even heard. */
const UNHEARD: Readonly<Partial<Record<FaultKind, readonly string[]>>> = {
  offline: HEARD,
  'silent-collector': ['vote'],
};

describe.each(FAULT_KINDS)('%s', (kind) => {
  it('has a name and a description of one line', () => {
    expect(behaviour(kind).kind).toBe(kind);
    expect(isFaultKind(kind)).toBe(true);
    expect(FAULTS[kind].description).toMatch(/^[^\n]{10,80}$/);
  });

  it('lies in what it says that it lies in, and is honest in everything else', () => {
    const changed = everything
      .filter((message) => {
        const liar = behaviour(kind);
        // Some have to have proposed something before they can.
        liar.outgoing(all({ ...prePrepare, bodies: [request] }));
        const sent = liar.outgoing(all(message));
        return sent.length !== 1 || JSON.stringify(sent[0]) !== JSON.stringify(all(message));
      })
      .map((message) => message.kind);
    const { lies } = FAULTS[kind];
    expect(changed).toEqual(lies === 'all' ? everything.map((message) => message.kind) : lies);
  });

  it('hears what it pretends to hear', () => {
    expect(HEARD.filter((message) => !behaviour(kind).hears(message))).toEqual(UNHEARD[kind] ?? []);
  });

  it('leaves what it was given untouched', () => {
    const before = JSON.stringify(everything);
    for (const message of everything) behaviour(kind).outgoing(all(message));
    expect(JSON.stringify(everything)).toBe(before);
  });
});

describe('isFaultKind', () => {
  it.each(['', 'honest', 'toString', '__proto__'])('does not know %j', (text) => {
    expect(isFaultKind(text)).toBe(false);
  });
});

describe('offline', () => {
  it('sends nothing at all', () => {
    for (const message of everything)
      expect(behaviour('offline').outgoing(all(message))).toEqual([]);
  });
});

describe('falsify', () => {
  it.each(['prepare', 'commit'] as const)('votes for another digest in %s', (phase) => {
    const [lie, ...rest] = behaviour('falsify').outgoing(toReplica(2, { ...vote, phase }));
    expect(rest).toEqual([]);
    expect(lie).toMatchObject({ to: { kind: 'replica', id: 2 }, message: { phase, replica: 0 } });
    const { digest } = messageOf<typeof vote>(lie);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(digest).not.toBe(slot.digest);
  });

  it('H1: as communication node, tells its vote to all: itself alone could not be lied to', () => {
    const [lie] = behaviour('falsify', { self: 2, seed: 1 }).outgoing(toReplica(2, vote));
    expect(lie).toMatchObject({ to: { kind: 'all' } });
    expect(messageOf<typeof vote>(lie).digest).not.toBe(slot.digest);
    const both = behaviour('double-vote', { self: 2, seed: 1 }).outgoing(toReplica(2, vote));
    expect(both.map(({ to }) => to.kind)).toEqual(['all', 'all']);
    expect(new Set(both.map((each) => messageOf<typeof vote>(each).digest)).size).toBe(2);
  });

  it('tells the same lie as the others of its kind, every time', () => {
    const [one] = behaviour('falsify', { self: 1, seed: 1 }).outgoing(all(vote));
    const [other] = behaviour('falsify', { self: 3, seed: 2 }).outgoing(all(vote));
    expect(one).toEqual(other);
  });

  it('replies with wrong results that are still JSON', () => {
    const [lie] = behaviour('falsify').outgoing({
      to: { kind: 'client', id: 'gateway' },
      message: reply,
    });
    const { results } = messageOf<typeof reply>(lie);
    expect(results).toHaveLength(1);
    expect(results[0].result).not.toBe(reply.results[0].result);
    expect(JSON.parse(results[0].result)).toBeTypeOf('object');
    expect(results[0]).toMatchObject({ timestamp: 1, request: digestOf('one') });
  });
});

describe('false-replies', () => {
  const toClient: OutgoingSend = { to: { kind: 'client', id: 'gateway' }, message: reply };

  it('replies with wrong results that are still JSON, about the right request', () => {
    const [lie, ...rest] = behaviour('false-replies').outgoing(toClient);
    expect(rest).toEqual([]);
    expect(lie?.to).toEqual(toClient.to);
    const { results } = messageOf<typeof reply>(lie);
    expect(results).toEqual([{ ...reply.results[0], result: expect.any(String) as string }]);
    expect(results[0].result).not.toBe(reply.results[0].result);
    expect(JSON.parse(results[0].result)).toBeTypeOf('object');
  });

  it('tells the same lie as the others of its kind, so that their replies match', () => {
    const one = behaviour('false-replies', { self: 1, seed: 1 }).outgoing(toClient);
    const other = behaviour('false-replies', { self: 3, seed: 2 }).outgoing(toClient);
    expect(one).toEqual(other);
  });
});

describe('double-vote', () => {
  it('sends each vote twice, for two digests, to the same replica', () => {
    const sent = behaviour('double-vote').outgoing(toReplica(2, vote));
    expect(sent).toHaveLength(2);
    const voted = sent.map(({ message }) => (message as typeof vote).digest);
    expect(voted).toContain(slot.digest);
    expect(new Set(voted).size).toBe(2);
    for (const { to } of sent) expect(to).toEqual({ kind: 'replica', id: 2 });
  });

  it('does not always begin with the same one', () => {
    const liar = behaviour('double-vote');
    const firsts = Array.from({ length: 50 }, () => {
      const [first] = liar.outgoing(all(vote));
      return messageOf<typeof vote>(first).digest;
    });
    expect(new Set(firsts).size).toBe(2);
  });
});

describe('silent-collector', () => {
  it('sends no certificates, to nobody', () => {
    const silent = behaviour('silent-collector');
    expect(silent.outgoing(all(certificateOf(4)))).toEqual([]);
    expect(silent.outgoing(toReplica(1, certificateOf(4)))).toEqual([]);
  });
});

describe('split-collectors', () => {
  it.each([3, 4, 7, 10])('n = %i: names another collector to each, for the same batch', (n) => {
    const sends = behaviour('split-collectors', { n }).outgoing(all(prePrepare));
    const named = sends.map(({ to, message }) => {
      if (to.kind !== 'replica' || message.kind !== 'pre-prepare') throw new Error('not one');
      expect(message).toEqual({ ...prePrepare, collector: message.collector });
      return [to.id, message.collector] as const;
    });
    const others = Array.from({ length: n - 1 }, (_, index) => index + 1);
    expect(named.map(([receiver]) => receiver)).toEqual(others);
    expect(named.map(([, collector]) => collector).sort((a, b) => a - b)).toEqual(others);
    for (const [receiver, collector] of named) expect(collector).not.toBe(receiver);
  });

  it('names the same one when it repeats itself to one', () => {
    const liar = behaviour('split-collectors');
    const [first] = liar.outgoing(all(prePrepare));
    const again = liar.outgoing(toReplica(1, { ...prePrepare, signature: signatureOf('old') }));
    expect(again).toEqual([first]);
  });
});

describe('forge-certificate', () => {
  function forgeries(n: number, count: number): Certificate[] {
    const forger = behaviour('forge-certificate', { n });
    return Array.from({ length: count }, () => {
      const sent = forger.outgoing(all(certificateOf(n)));
      expect(sent).toHaveLength(1);
      return sent[0]?.message as Certificate;
    });
  }

  it.each([4, 5, 7, 10])('forges in four ways, one after the other, for n = %i', (n) => {
    const truth = certificateOf(n);
    // It begins with any of them: seven in a row hold all four in order.
    const forged = forgeries(n, 7);
    const first = forged.findIndex(({ digest }) => digest !== truth.digest);
    const [stolen, garbage, below, duplicate] = forged.slice(first);

    expect(stolen).toEqual({ ...truth, digest: stolen?.digest });
    expect(stolen?.digest).not.toBe(truth.digest);

    expect(garbage?.proof.signers).toEqual(truth.proof.signers);
    for (const [index, signature] of truth.proof.signatures.entries()) {
      const forged = garbage?.proof.signatures[index] ?? '';
      expect(forged).toHaveLength(signature.length);
      expect(Buffer.from(forged, 'base64url').toString('base64url')).toBe(forged);
      expect(forged).not.toBe(signature);
    }

    expect(below?.digest).toBe(truth.digest);
    expect(below?.proof.signers).toHaveLength(quorumSize(n) - 1);
    expect(below?.proof.signatures).toHaveLength(quorumSize(n) - 1);

    expect(duplicate?.proof.signers).toHaveLength(quorumSize(n));
    expect(duplicate?.proof.signatures).toHaveLength(quorumSize(n));
    expect(new Set(duplicate?.proof.signers).size).toBe(quorumSize(n) - 1);
  });

  it('never sends a true one', () => {
    for (const forged of forgeries(4, 40)) expect(forged).not.toEqual(certificateOf(4));
  });
});

describe('fabricate', () => {
  const proposal = { ...prePrepare, requests: [request.digest], bodies: [request] };

  it('adds a request of its own making to each batch, and votes for that', () => {
    const liar = behaviour('fabricate');
    const [lie, ...rest] = liar.outgoing(all(proposal));
    expect(rest).toEqual([]);
    const made = messageOf<Omit<PrePrepare, 'signature'>>(lie);
    expect(made.requests).toHaveLength(2);
    expect(made.digest).toBe(digests.batch(made.requests));
    const [body, forged] = made.bodies;
    expect(body).toEqual(request);
    expect(forged).toMatchObject({ client: 'gateway', signature: request.signature });
    expect(forged?.operation).not.toBe(request.operation);
    expect(made.requests).toEqual([request.digest, forged?.digest]);
    const [voted] = liar.outgoing(all(vote));
    expect(messageOf<typeof vote>(voted).digest).toBe(made.digest);
    const [checkpoint] = liar.outgoing(all({ ...vote, phase: 'checkpoint' }));
    expect(messageOf<typeof vote>(checkpoint).digest).toBe(vote.digest);
  });

  it('remembers whom it can forge when a batch has no bodies', () => {
    const liar = behaviour('fabricate');
    liar.outgoing(all(proposal));
    const [lie] = liar.outgoing(all({ ...prePrepare, sequence: 8 }));
    expect(messageOf<typeof prePrepare>(lie).requests).toHaveLength(requests.length + 1);
  });

  it('puts what it made up on lists in every way, none of which the client signed', () => {
    const siblings = ['sibling', 'other sibling'].map(digestOf);
    const signedWith = [request.digest, ...siblings];
    const listed = { ...proposal, bodies: [{ ...request, signedWith }] };
    const liar = behaviour('fabricate');
    const lists = Array.from({ length: 4 }, (_, index) => {
      const [lie] = liar.outgoing(all({ ...listed, sequence: 10 + index }));
      const forged = messageOf<Omit<PrePrepare, 'signature'>>(lie).bodies.at(-1);
      expect(forged?.signature).toBe(request.signature);
      return forged?.signedWith?.map((digest) => (digest === forged.digest ? 'forged' : digest));
    });
    const longer = [...signedWith, 'forged'];
    const split = ['forged', signedWith[2]];
    expect(new Set(lists)).toEqual(new Set([undefined, longer, ['forged'], split]));
  });

  it('does not touch what others proposed', () => {
    const shown = { ...proposal, replica: 2, signature: signatureOf('replica 2') };
    expect(behaviour('fabricate').outgoing(all(shown))).toEqual([all(shown)]);
  });
});

describe('false-view-change', () => {
  const nullBatch = digests.batch([]);

  it('hides its slots, also when it sends its view-change again', () => {
    const signed = { ...viewChange, digest: digestOf('vc'), signature: signatureOf('vc') };
    for (const message of [viewChange, signed]) {
      const [lie] = behaviour('false-view-change').outgoing(all(message));
      expect(lie?.message).toEqual({ ...viewChange, slots: [] });
    }
  });

  it('as primary of the new view, drops what must be carried over, and votes for that', () => {
    const liar = behaviour('false-view-change');
    expect(liar.outgoing(all({ ...viewChange, view: 4 }))).toEqual([
      all({ ...viewChange, view: 4 }),
    ]);
    const [lie] = liar.outgoing(all(newView));
    const reproposals = [{ sequence: 7, digest: nullBatch }];
    expect(lie?.message).toEqual({ ...newView, reproposals });
    const [proposed] = liar.outgoing(all({ ...prePrepare, view: 4 }));
    const empty = { digest: nullBatch, requests: [], bodies: [] };
    expect(proposed?.message).toEqual({ ...prePrepare, view: 4, ...empty });
    const [voted] = liar.outgoing(all({ ...vote, view: 4 }));
    expect(voted?.message).toEqual({ ...vote, view: 4, digest: nullBatch });
    expect(liar.outgoing(all(prePrepare))).toEqual([all(prePrepare)]);
  });
});

describe('false-state', () => {
  it('changes a chunk so that it still reads well, and leaves the manifest', () => {
    const [lie] = behaviour('false-state').outgoing(toReplica(2, chunkPart));
    expect(lie?.message).toEqual({ ...chunkPart, text: '[["key","1",4]]' });
    const manifest = { ...chunkPart, chunk: '' };
    expect(behaviour('false-state').outgoing(all(manifest))).toEqual([all(manifest)]);
  });

  it('leaves a request out of a decision', () => {
    const [lie] = behaviour('false-state').outgoing(toReplica(2, decision));
    expect(lie?.message).toEqual({ ...decision, requests: [] });
  });
});

describe('delay', () => {
  it('holds everything back by 300 ms unless told otherwise', () => {
    for (const message of everything) {
      expect(behaviour('delay').outgoing(all(message))).toEqual([
        { ...all(message), delayMs: 300 },
      ]);
    }
    const slow = createBehaviour('delay', {
      self: 1,
      n: 4,
      cluster,
      digests,
      random: seededRandom(1),
      delayMs: 50,
    });
    expect(slow.outgoing({ ...all(vote), delayMs: 5 })).toEqual([{ ...all(vote), delayMs: 55 }]);
  });
});
