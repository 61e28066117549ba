import type { OutgoingMessage, PrePrepare, Request } from '@ccro/consensus';
import { createDigests } from '@ccro/crypto';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Conduct, OutgoingSend } from '../behaviour.js';
import { seededRandom } from '../random.js';
import { equivocate } from './equivocate.js';

type Proposal = Omit<PrePrepare, 'signature'>;

const digests = createDigests();
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

function liar({ self = 0, n = 4, seed = 1 } = {}): Conduct {
  return equivocate({ self, n, cluster: 'test', digests, random: seededRandom(seed) });
}

function proposal(requests: readonly string[], sequence = 1): Proposal {
  return {
    kind: 'pre-prepare',
    view: 0,
    sequence,
    digest: digests.batch(requests),
    requests,
    bodies: [],
    collector: 2,
    replica: 0,
  };
}

function voteOn({ view, sequence, digest }: Proposal): Extract<OutgoingMessage, { kind: 'vote' }> {
  return { kind: 'vote', phase: 'prepare', view, sequence, digest, replica: 0, attempt: 0 };
}

const all = (message: OutgoingMessage): OutgoingSend => ({ to: { kind: 'all' }, message });

/** What each replica was told, by replica. */
function toldTo(sends: readonly OutgoingSend[]): Map<number, string[]> {
  const told = new Map<number, string[]>();
  for (const { to, message } of sends) {
    if (to.kind !== 'replica' || !('digest' in message)) throw new Error('not for one replica');
    told.set(to.id, [...(told.get(to.id) ?? []), message.digest]);
  }
  return told;
}

const requests = [digestOf('one'), digestOf('two'), digestOf('three')];
const truth = proposal(requests);

describe.each([2, 3, 4, 5, 7, 10])('an equivocating primary of %i', (n) => {
  it('tells every other replica one of two things, and itself nothing', () => {
    const told = toldTo(liar({ n }).outgoing(all(truth)));
    const others = Array.from({ length: n - 1 }, (_, index) => index + 1);
    expect([...told.keys()].sort((a, b) => a - b)).toEqual(others);
    const first = [...told.values()].filter(([digest]) => digest === truth.digest);
    expect(first).toHaveLength(Math.ceil((n - 1) / 2));
    for (const digestsTold of told.values()) expect(digestsTold).toHaveLength(1);
  });

  it('votes with each half for what that half was told', () => {
    const primary = liar({ n });
    const proposed = toldTo(primary.outgoing(all(truth)));
    expect(toldTo(primary.outgoing(all(voteOn(truth))))).toEqual(proposed);
  });
});

describe('an equivocating primary', () => {
  it.each([
    ['many requests', requests],
    ['two requests', requests.slice(0, 2)],
    ['one request', requests.slice(0, 1)],
  ])('proposes other batches that look valid: %s', (_, listed) => {
    const sent = liar().outgoing(all(proposal(listed)));
    for (const { message } of sent) {
      const { requests: proposed, digest } = message as Proposal;
      expect(proposed.length).toBeGreaterThan(0);
      expect(digest).toBe(digests.batch(proposed));
      expect(new Set(proposed)).toEqual(new Set(listed));
      expect(message).toMatchObject({ kind: 'pre-prepare', view: 0, sequence: 1, collector: 2 });
      expect(message).not.toHaveProperty('signature');
    }
    expect(new Set(sent.map(({ message }) => (message as Proposal).digest)).size).toBe(2);
  });

  it('sends both votes to the collector', () => {
    const primary = liar();
    const proposed = new Set([...toldTo(primary.outgoing(all(truth))).values()].flat());
    const send: OutgoingSend = { to: { kind: 'replica', id: 2 }, message: voteOn(truth) };
    const voted = toldTo(primary.outgoing(send)).get(2);
    expect(new Set(voted)).toEqual(proposed);
  });

  it('keeps to its lie when it shows its signed proposal again, whole or to one replica', () => {
    const primary = liar();
    const first = toldTo(primary.outgoing(all(truth)));
    const signed = { ...truth, bodies: [] as Request[], signature: 'signed' };
    const again = primary.outgoing(all(signed));
    expect(toldTo(again)).toEqual(first);
    for (const { message } of again) {
      const isTrue = (message as Proposal).digest === truth.digest;
      expect('signature' in message).toBe(isTrue);
    }
    for (const id of [1, 2, 3]) {
      const answer = primary.outgoing({ to: { kind: 'replica', id }, message: signed });
      expect(toldTo(answer)).toEqual(new Map([[id, first.get(id)]]));
    }
  });

  it('lies to the same replicas from the same seed, to others from another', () => {
    const liedTo = (seed: number): string => {
      const told = toldTo(liar({ n: 7, seed }).outgoing(all(truth)));
      return JSON.stringify([...told].filter(([, [digest]]) => digest !== truth.digest));
    };
    expect(liedTo(1)).toBe(liedTo(1));
    expect(new Set([1, 2, 3, 4, 5, 6].map(liedTo)).size).toBeGreaterThan(1);
  });

  it('forgets slots of long ago, and is honest about them', () => {
    const primary = liar();
    for (let sequence = 1; sequence <= 600; sequence += 1) {
      primary.outgoing(all(proposal(requests, sequence)));
    }
    expect(primary.outgoing(all(voteOn(proposal(requests, 1))))).toHaveLength(1);
    expect(primary.outgoing(all(voteOn(proposal(requests, 600))))).toHaveLength(3);
  });
});

describe('an equivocator that is not primary', () => {
  it("passes on the primary's proposal and votes once", () => {
    const replica = liar({ self: 1 });
    const shown = all({ ...truth, signature: 'of the primary' });
    expect(replica.outgoing(shown)).toEqual([shown]);
    const vote = all({ ...voteOn(truth), replica: 1 });
    expect(replica.outgoing(vote)).toEqual([vote]);
  });
});
