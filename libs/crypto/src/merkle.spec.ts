import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from './digests.js';
import { merklePath, merkleRoot, verifyPath } from './merkle.js';

const leaf = (index: number): string => sha256(`leaf ${index}`);
const leavesOf = (count: number): string[] => Array.from({ length: count }, (_, i) => leaf(i));
const bytes = (...parts: (string | number)[]): Buffer =>
  Buffer.concat(
    parts.map((part) =>
      typeof part === 'string' ? Buffer.from(part, 'hex') : Buffer.from([part]),
    ),
  );

describe('merkleRoot', () => {
  it('is built as documented', () => {
    const [a = '', b = '', c = ''] = leavesOf(3);
    const ab = sha256(bytes(1, a, b));
    const top = sha256(bytes(1, ab, c));
    expect(merkleRoot([a, b, c])).toBe(sha256(bytes(2, 0, 0, 0, 3, top)));
    expect(merkleRoot([a])).toBe(sha256(bytes(2, 0, 0, 0, 1, a)));
    expect(merkleRoot([])).toBe(sha256(bytes(2, 0, 0, 0, 0)));
  });

  it('does not change from one version to the next', () => {
    expect(merkleRoot([])).toBe('395c2f5598a1643a205154c6f4c46ce36895b28e6c35660a95e5c6fd5ef9aeab');
    expect(merkleRoot(leavesOf(5))).toBe(
      'db583b69fffa4d08e2867f16f7939541a6be351e4582ec617518837d9cac8986',
    );
  });

  it('tells apart every two lists', () => {
    const list = fc.array(fc.nat(5).map(leaf), { maxLength: 9 });
    fc.assert(
      fc.property(list, list, (left, right) => {
        expect(merkleRoot(left) === merkleRoot(right)).toBe(left.join() === right.join());
      }),
      { numRuns: 1000 },
    );
  });

  it('is not fooled by a repeated last leaf (CVE-2012-2459)', () => {
    const [a = '', b = '', c = ''] = leavesOf(3);
    expect(merkleRoot([a, b, c])).not.toBe(merkleRoot([a, b, c, c]));
  });

  it('is not fooled by an inner node posing as a leaf', () => {
    const [a = '', b = '', c = '', d = ''] = leavesOf(4);
    const inner = [sha256(bytes(1, a, b)), sha256(bytes(1, c, d))];
    expect(merkleRoot(inner)).not.toBe(merkleRoot([a, b, c, d]));
  });

  it('refuses what is no digest', () => {
    expect(() => merkleRoot(['zz'.repeat(32)])).toThrow(RangeError);
    expect(() => merkleRoot([`${leaf(0)}00`])).toThrow(RangeError);
  });
});

describe('merklePath', () => {
  it('leads from every leaf to the root, for every size', () => {
    for (let count = 1; count <= 33; count += 1) {
      const leaves = leavesOf(count);
      const root = merkleRoot(leaves);
      for (let index = 0; index < count; index += 1) {
        const path = merklePath(leaves, index);
        expect(verifyPath(root, leaf(index), path)).toBe(true);
        expect(verifyPath(root, leaf(index + 1), path)).toBe(false);
      }
    }
  });

  it('holds for no other position, size, siblings or root', () => {
    const size = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(size, fc.nat(), fc.nat(30), fc.nat(40), (count, at, index, leaves) => {
        const tree = leavesOf(count);
        const path = merklePath(tree, at % count);
        const root = merkleRoot(tree);
        const own = leaf(at % count);
        fc.pre(index !== path.index || leaves !== path.leaves);
        expect(verifyPath(root, own, { ...path, index, leaves })).toBe(false);
        const longer = [...path.siblings, leaf(0)];
        expect(verifyPath(root, own, { ...path, siblings: longer })).toBe(false);
        if (path.siblings.length > 0) {
          const shorter = path.siblings.slice(1);
          expect(verifyPath(root, own, { ...path, siblings: shorter })).toBe(false);
        }
        expect(verifyPath(leaf(99), own, path)).toBe(false);
      }),
    );
  });

  it('never throws on a path from outside', () => {
    const odd = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(2 ** 32, 2 ** 53, -0));
    const siblings = fc.array(fc.oneof(fc.string(), fc.constant(leaf(1))), { maxLength: 40 });
    fc.assert(
      fc.property(odd, odd, siblings, fc.string(), (index, leaves, neighbours, own) => {
        expect(verifyPath(leaf(0), own, { index, leaves, siblings: neighbours })).toBe(false);
      }),
    );
  });

  it('refuses an index that is not there', () => {
    expect(() => merklePath(leavesOf(2), 2)).toThrow(RangeError);
    expect(() => merklePath([], 0)).toThrow(RangeError);
  });
});
