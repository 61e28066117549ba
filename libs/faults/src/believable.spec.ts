/** Lies against the real verifier: which are refused, and why, and which are believed. */
import type { Digest, OutgoingMessage, PrePrepare, Request } from '@ccro/consensus';
import {
  createDigests,
  createEd25519Scheme,
  generateKeyPair,
  isRejected,
  MessageSigner,
  RequestSigner,
  Verifier,
} from '@ccro/crypto';
import { describe, expect, it } from 'vitest';
import { createBehaviour } from './faults.js';
import type { FaultKind } from './faults.js';
import { seededRandom } from './random.js';

const cluster = 'test';
const digests = createDigests();
const keys = Array.from({ length: 4 }, generateKeyPair);
const client = generateKeyPair();
const members = keys.map(({ publicKey }) => publicKey);
const scheme = createEd25519Scheme({ cluster, members });
const verifier = new Verifier({
  cluster,
  members,
  clients: new Map([['gateway', client.publicKey]]),
  scheme,
});
const signers = keys.map(
  ({ secretKey }, replica) => new MessageSigner({ cluster, replica, secretKey }),
);

function request(timestamp: number): Request {
  const draft = { client: 'gateway', timestamp, operation: '{"type":"append","data":1}' };
  return new RequestSigner({ cluster, secretKey: client.secretKey }).sign(draft);
}

function voteOf(replica: number, digest: Digest): OutgoingMessage & { readonly kind: 'vote' } {
  return { kind: 'vote', phase: 'prepare', view: 0, sequence: 1, digest, replica, attempt: 0 };
}

/** What the verifier makes of what a faulty replica 0 sends instead of `message`. */
function verdicts(kind: FaultKind, message: OutgoingMessage, times = 1): string[] {
  const random = seededRandom(1);
  const liar = createBehaviour(kind, { self: 0, n: 4, cluster, digests, random });
  return Array.from({ length: times }, () => liar.outgoing({ to: { kind: 'all' }, message }))
    .flat()
    .map((send) => {
      const sealed = signers[0]?.seal(send.message);
      if (sealed === undefined || sealed.kind === 'reply' || sealed.kind === 'brief-reply')
        throw new Error('not for replicas');
      const verdict = verifier.verify(sealed);
      return isRejected(verdict) ? verdict : 'believed';
    });
}

describe('a lie told with its own key is believed', () => {
  it.each([[[1]], [[1, 2]], [[1, 2, 3]]])('equivocate on requests %j', (timestamps) => {
    const bodies = timestamps.map(request);
    const requests = bodies.map(({ digest }) => digest);
    const prePrepare: Omit<PrePrepare, 'signature'> = {
      kind: 'pre-prepare',
      view: 0,
      sequence: 1,
      digest: digests.batch(requests),
      requests,
      bodies,
      collector: 2,
      replica: 0,
    };
    expect(verdicts('equivocate', prePrepare)).toEqual(['believed', 'believed', 'believed']);
  });

  it('falsify and double-vote', () => {
    const vote = voteOf(0, digests.batch([request(1).digest]));
    expect(verdicts('falsify', vote)).toEqual(['believed']);
    expect(verdicts('double-vote', vote)).toEqual(['believed', 'believed']);
  });

  it('false-view-change: nobody can know what it voted for', () => {
    const stable = { sequence: 0, digest: digests.batch([]), certificate: null };
    const vote = { view: 0, digest: digests.batch([request(1).digest]) };
    const slots = [{ sequence: 1, vote, certificate: null }];
    const viewChange = { kind: 'view-change', view: 1, stable, slots, replica: 0 } as const;
    expect(verdicts('false-view-change', viewChange)).toEqual(['believed']);
  });
});

describe('a batch with a request that nobody signed is refused', () => {
  it('because the signature in it is of another request', () => {
    const body = request(1);
    const prePrepare: Omit<PrePrepare, 'signature'> = {
      kind: 'pre-prepare',
      view: 0,
      sequence: 1,
      digest: digests.batch([body.digest]),
      requests: [body.digest],
      bodies: [body],
      collector: 2,
      replica: 0,
    };
    expect(verdicts('fabricate', prePrepare)).toEqual(['bad-signature']);
  });
});

describe('a decision that lacks a request is refused', () => {
  it('because its certificate is on another batch', () => {
    const body = request(1);
    const digest = digests.batch([body.digest]);
    const votes = signers
      .slice(0, 3)
      .map((signer, replica) => signer.sign({ ...voteOf(replica, digest), phase: 'commit' }));
    const certificate = scheme.assemble(votes);
    const place = { sequence: 1, view: 0, digest };
    const decision = { kind: 'decision', ...place, requests: [body], certificate } as const;
    expect(verifier.verify(decision)).toBe(decision);
    expect(verdicts('false-state', decision)).toEqual(['digest-mismatch']);
  });
});

describe('a forged certificate is refused', () => {
  it('for a reason of its own, whichever way it was forged', () => {
    const digest = digests.batch([request(1).digest]);
    const votes = signers
      .slice(0, 3)
      .map((signer, replica) => signer.sign(voteOf(replica, digest)));
    const certificate = scheme.assemble(votes);
    expect(verifier.verify(certificate)).toBe(certificate);
    // Which of the ways comes first is left to chance.
    expect(verdicts('forge-certificate', certificate, 4).sort()).toEqual([
      'certificate-bad-signature',
      'certificate-bad-signature',
      'certificate-below-quorum',
      'certificate-duplicate-signer',
    ]);
  });
});
