import { CATALOGUE, KINDS } from '@ccro/consensus';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf } from './catalogue-bytes.js';
import { sha256 } from './digests.js';
import {
  answerBytes,
  LAYOUT_TYPES,
  queryBytes,
  replyBytes,
  requestBytes,
  voteBytes,
} from './signing-bytes.js';

/** Few values of each sort, so that different messages share as much as they can. */
const number = fc.oneof(fc.nat(2), fc.constantFrom(256, 2 ** 32, 2 ** 40, Number.MAX_SAFE_INTEGER));
const id = fc.oneof(fc.nat(2), fc.constantFrom(256, 2 ** 32 - 1));
const digest = fc.nat(2).map((seed) => sha256(String(seed)));
const name = fc.constantFrom('a', 'b', 'ab', 'ba', '');

const statements = fc.oneof(
  fc.record({ kind: fc.constant('request' as const), digest }),
  fc.record({
    kind: fc.constant('pre-prepare' as const),
    view: number,
    sequence: number,
    digest,
    collector: id,
    replica: id,
  }),
  fc.record({
    kind: fc.constant('vote' as const),
    phase: fc.constantFrom('prepare' as const, 'commit' as const),
    view: number,
    sequence: number,
    digest,
  }),
  fc.record({
    kind: fc.constant('reply' as const),
    replica: id,
    client: name,
    view: number,
    tally: fc.record({ correct: id, corrupt: id }),
    root: digest,
  }),
  fc.record({
    kind: fc.constant('reply' as const),
    replica: id,
    client: name,
    view: number,
    tally: fc.record({ correct: id, corrupt: id }),
    root: digest,
    collector: id,
  }),
  fc.record({
    kind: fc.constant('status' as const),
    replica: id,
    view: number,
    lastExecuted: number,
    attempt: number,
    asks: fc.boolean(),
    settings: fc.array(fc.constantFrom('mode:0123456789abcdef', 'clients:0123456789abcdef')),
    run: name,
    answers: fc.option(name),
  }),
  fc.record({ kind: fc.constant('fetch' as const), replica: id, sequence: number, digest }),
  fc.record({
    kind: fc.constant('fetch-chunk' as const),
    replica: id,
    sequence: number,
    chunk: name,
    part: id,
  }),
  fc.record({
    kind: fc.constant('chunk-part' as const),
    replica: id,
    sequence: number,
    chunk: name,
    part: id,
    parts: id,
    text: name,
  }),
  fc.record({
    kind: fc.constant('query' as const),
    id: name,
    client: name,
    replica: id,
    session: name,
    counter: number,
    query: name,
  }),
  fc.record({ kind: fc.constant('answer' as const), id: name, replica: id, answer: name }),
);

type Statement = typeof statements extends fc.Arbitrary<infer S> ? S : never;

function statementBytes(cluster: string, statement: Statement): Uint8Array {
  switch (statement.kind) {
    case 'request':
      return requestBytes(cluster, statement.digest);
    case 'pre-prepare':
      return bytesOf('pre-prepare')(cluster, statement);
    case 'vote':
      return voteBytes(cluster, statement);
    case 'reply':
      return replyBytes(cluster, statement, statement.root);
    case 'status':
      return bytesOf('status')(cluster, statement);
    case 'fetch':
      return bytesOf('fetch')(cluster, statement);
    case 'fetch-chunk':
      return bytesOf('fetch-chunk')(cluster, statement);
    case 'chunk-part':
      return bytesOf('chunk-part')(cluster, statement);
    case 'query':
      return queryBytes(cluster, statement);
    case 'answer':
      return answerBytes(cluster, statement);
  }
}

describe('signing bytes', () => {
  it('differ for every two messages, kinds, phases and clusters', () => {
    const signed = fc.tuple(name, statements);
    fc.assert(
      fc.property(fc.array(signed, { minLength: 2, maxLength: 60 }), (messages) => {
        const distinct = new Set(messages.map((message) => JSON.stringify(message)));
        const encoded = messages.map(([cluster, message]) =>
          statementBytes(cluster, message).join(),
        );
        expect(new Set(encoded).size).toBe(distinct.size);
      }),
      { numRuns: 300 },
    );
  });

  it('are never the beginning of other signing bytes of the same kind and cluster', () => {
    fc.assert(
      fc.property(name, statements, statements, (cluster, left, right) => {
        fc.pre(left.kind === right.kind && JSON.stringify(left) !== JSON.stringify(right));
        const [a, b] = [statementBytes(cluster, left), statementBytes(cluster, right)];
        expect(Buffer.compare(a.subarray(0, b.length), b)).not.toBe(0);
      }),
    );
  });

  it('do not change from one version to the next', () => {
    const vote = {
      phase: 'commit',
      view: 1,
      sequence: 2 ** 33 + 5,
      digest: 'ab'.repeat(32),
    } as const;
    expect(Buffer.from(voteBytes('local', vote)).toString('hex')).toBe(
      [
        Buffer.from('CCRO/1').toString('hex'),
        '04',
        `00000005${Buffer.from('local').toString('hex')}`,
        '0000000000000001',
        '0000000200000005',
        'ab'.repeat(32),
      ].join(''),
    );
    const chunk = 'state/kv/3f';
    const part = { replica: 3, sequence: 128, chunk, part: 1, parts: 2, text: 'text' };
    expect(
      Buffer.from(bytesOf('chunk-part')('local', { kind: 'chunk-part', ...part })).toString('hex'),
    ).toBe(
      [
        Buffer.from('CCRO/1').toString('hex'),
        '0e',
        `00000005${Buffer.from('local').toString('hex')}`,
        '00000003',
        '0000000000000080',
        `0000000b${Buffer.from(chunk).toString('hex')}`,
        '00000001',
        '00000002',
        sha256('text'),
      ].join(''),
    );
  });

  it('give every type a byte of its own', () => {
    const signed = KINDS.flatMap((kind): number[] => {
      const layouts = CATALOGUE[kind].signed;
      if (layouts === 'nothing') return [];
      if ('type' in layouts) return [layouts.type];
      return Object.values(layouts.statements).map(({ type }) => type);
    });
    const types = [...signed, ...Object.values(LAYOUT_TYPES)];
    expect(new Set(types).size).toBe(types.length);
  });

  it('are refused rather than truncated', () => {
    const fetch = { kind: 'fetch', replica: 0, sequence: 0, digest: 'ab'.repeat(32) } as const;
    for (const wrong of [
      { ...fetch, replica: 2 ** 32 },
      { ...fetch, sequence: -1 },
      { ...fetch, sequence: 2 ** 53 },
      { ...fetch, sequence: 0.5 },
      { ...fetch, digest: 'ab' },
      { ...fetch, digest: 'xy'.repeat(32) },
      { ...fetch, digest: 'ab'.repeat(33) },
    ]) {
      expect(() => bytesOf('fetch')('local', wrong)).toThrow(RangeError);
    }
  });
});
