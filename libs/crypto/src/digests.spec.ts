import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDigests, requestDigest, resultLeaf, sha256 } from './digests.js';
import { isWellFormed } from './well-formed.js';

const DIGEST = /^[0-9a-f]{64}$/;

describe('sha256', () => {
  it('hashes bytes, and texts as UTF-8', () => {
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(sha256('abc')).toBe(abc);
    expect(sha256(Buffer.from('abc'))).toBe(abc);
    expect(sha256('é')).toBe(sha256(Buffer.from('é', 'utf8')));
  });
});

describe('requestDigest', () => {
  it('does not change from one version to the next', () => {
    expect(requestDigest('local', 'gateway', 1, '{"type":"put"}')).toBe(
      '38fff7d74e94469f07f0d470cac398cfaaa88913e7b3952ec4e1d3dd51ac7528',
    );
  });

  it('tells apart every two requests', () => {
    const parts = fc.tuple(
      fc.constantFrom('a', 'ab', 'b'),
      fc.constantFrom('c', 'bc', 'gateway'),
      fc.oneof(fc.nat(3), fc.maxSafeNat()),
      fc.string({ unit: 'grapheme', maxLength: 5 }),
    );
    fc.assert(
      fc.property(parts, parts, (left, right) => {
        const same = JSON.stringify(left) === JSON.stringify(right);
        expect(requestDigest(...left) === requestDigest(...right)).toBe(same);
      }),
      { numRuns: 500 },
    );
  });

  it('could not tell apart lone surrogates: the reason they are refused', () => {
    const lone = '\ud800';
    expect(requestDigest('c', 'a', 1, lone)).toBe(requestDigest('c', 'a', 1, '\ufffd'));
    expect(isWellFormed(lone)).toBe(false);
    expect(isWellFormed('pair \u{1f600} and \ufffd')).toBe(true);
    expect(isWellFormed('\udc00\ud800')).toBe(false);
  });
});

describe('resultLeaf', () => {
  const entry = {
    timestamp: 4,
    request: sha256('request'),
    sequence: 9,
    batch: sha256('batch'),
    result: '{"ok":true}',
  };

  it('covers the client and every field', () => {
    const changed = [
      { ...entry, timestamp: 5 },
      { ...entry, request: sha256('other') },
      { ...entry, sequence: 8 },
      { ...entry, batch: sha256('other') },
      { ...entry, result: '{"ok":false}' },
    ];
    const leaves = [entry, ...changed].map((result) => resultLeaf('gateway', result));
    leaves.push(resultLeaf('gatewaz', entry));
    expect(new Set(leaves).size).toBe(7);
  });
});

describe('the core’s digests', () => {
  const core = createDigests();

  it('give every batch a digest, the null batch included', () => {
    expect(core.batch([])).toMatch(DIGEST);
    expect(core.batch([sha256('a')])).not.toBe(core.batch([]));
    expect(core.batch([sha256('a'), sha256('b')])).not.toBe(core.batch([sha256('b'), sha256('a')]));
  });

  it('link previous head, batch and every result, with its boundaries', () => {
    const [previous, digest] = [sha256('head'), sha256('batch')];
    const links = [
      core.ledgerLink(previous, digest, []),
      core.ledgerLink(previous, digest, ['']),
      core.ledgerLink(previous, digest, ['', '']),
      core.ledgerLink(previous, digest, ['ab', 'c']),
      core.ledgerLink(previous, digest, ['a', 'bc']),
      core.ledgerLink(previous, digest, ['abc']),
      core.ledgerLink(digest, previous, []),
    ];
    expect(new Set(links).size).toBe(links.length);
    expect(core.ledgerLink(previous, digest, ['abc'])).toBe(links[5]);
  });

  it('bind a chunk’s text to its name', () => {
    const part = fc.constantFrom('', 'a', 'ab', 'b', 'é');
    const chunk = fc.tuple(part, part);
    fc.assert(
      fc.property(chunk, chunk, (left, right) => {
        const same = left.join() === right.join();
        expect(core.chunk(...left) === core.chunk(...right)).toBe(same);
      }),
    );
  });

  it('cover everything in a checkpoint, the list’s order and length included', () => {
    const [head, other] = [sha256('head'), sha256('other')];
    const a = { name: 'a', digest: sha256('a') };
    const b = { name: 'b', digest: sha256('b') };
    const state = { sequence: 128, ledgerHead: head, chunks: [a, b] };
    const digests = [
      state,
      { ...state, sequence: 129 },
      { ...state, ledgerHead: other },
      ...[
        [],
        [a],
        [b],
        [b, a],
        [a, a, b],
        [a, { ...b, name: 'c' }],
        [a, { ...b, digest: other }],
      ].map((chunks) => ({ ...state, chunks })),
    ].map((changed) => core.checkpoint(changed));
    expect(new Set(digests).size).toBe(digests.length);
    expect(core.checkpoint({ ...state, chunks: [...state.chunks] })).toBe(digests[0]);
  });

  it('refuse a checkpoint with something else than digests', () => {
    const state = { sequence: 128, ledgerHead: sha256('head'), chunks: [] };
    const chunks = [{ name: 'a', digest: 'ab' }];
    expect(() => core.checkpoint({ ...state, chunks })).toThrow(RangeError);
    expect(() => core.checkpoint({ ...state, ledgerHead: '' })).toThrow(RangeError);
  });

  it('do not change from one version to the next', () => {
    const chunk = { name: 'state/kv/3f', digest: core.chunk('state/kv/3f', '[["a",1,1]]') };
    const state = { sequence: 128, ledgerHead: sha256('head'), chunks: [chunk] };
    expect([chunk.digest, core.checkpoint(state)]).toEqual([
      '7535484497e9838357f14fe8fa76fbb1edee1fe36b589c288ba4a2f0e6cc0623',
      '385bef824454e4206667fbd0ed487f7327a5a2597e130f6a4ac3c9bf9948abbd',
    ]);
  });
});
