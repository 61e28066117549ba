/**
 * Merkle trees in the shape of RFC 6962, section 2.1: left subtrees are full, an odd node moves
 * up unchanged (doubling it, as Bitcoin does, would give two lists one root: CVE-2012-2459).
 *
 * Leaves are digests of layouts that start with the domain tag, inner nodes start with byte 1 and
 * roots with byte 2, so nothing of one kind can pass for another. The root binds the number of
 * leaves, which fixes the shape of the tree and the length of every path.
 */

import { type Digest, isDigest } from '@ccro/consensus';
import { bytes, hashes } from '@ccro/primitives';
import { copyFew, LayoutWriter } from './byte-layout.js';

const DIGEST_BYTES = 32;
const NODE_TAG = 1;
const ROOT_TAG = 2;
/** The count is written in 32 bits. */
const MAX_LEAVES = 0xffff_ffff;

/** Where a leaf stands in a tree, and the digests that lead from it to the root. */
export interface MerklePath {
  /** Position of the leaf, from 0. */
  readonly index: number;
  /** Number of leaves in the tree. */
  readonly leaves: number;
  /** Neighbours on the way up, from the leaf's level on. */
  readonly siblings: readonly Digest[];
}

/** The root over `leaves`, in order. The empty list has a root of its own. */
export function merkleRoot(leaves: readonly Digest[]): Digest {
  const level = digestBytes(leaves);
  let count = leaves.length;
  while (count > 1) count = hashLevel(level, count);
  return rootOf(level, leaves.length);
}

/** The path of the leaf at `index`. @throws RangeError when there is none */
export function merklePath(leaves: readonly Digest[], index: number): MerklePath {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) {
    throw new RangeError(`no leaf ${index} among ${leaves.length}`);
  }
  const level = digestBytes(leaves);
  const siblings: Digest[] = [];
  let position = index;
  let count = leaves.length;
  while (count > 1) {
    const sibling = position ^ 1;
    if (sibling < count) {
      const start = sibling * DIGEST_BYTES;
      siblings.push(bytes.toText(level, 'hex', start, start + DIGEST_BYTES));
    }
    count = hashLevel(level, count);
    position >>>= 1;
  }
  return { index, leaves: leaves.length, siblings };
}

/** Whether `path` leads from `leaf` to `root`. Never throws, whatever the path holds. */
export function verifyPath(root: Digest, leaf: Digest, path: MerklePath): boolean {
  return rootOfPath(leaf, path) === root;
}

/** The root `path` leads to from `leaf`, or undefined when it is no path at all. */
export function rootOfPath(
  leaf: Digest,
  { index, leaves, siblings }: MerklePath,
): Digest | undefined {
  const countHolds = Number.isInteger(leaves) && leaves > 0 && leaves <= MAX_LEAVES;
  if (!countHolds || !Number.isInteger(index) || index < 0 || index >= leaves) return undefined;
  if (![leaf, ...siblings].every(isDigest)) return undefined;
  let node = bytes.from(leaf, 'hex');
  let position = index;
  let count = leaves;
  let used = 0;
  while (count > 1) {
    const isRight = position % 2 === 1;
    // The last node of an odd level has no sibling and moves up as it is.
    if (isRight || position + 1 < count) {
      const sibling = siblings[used];
      if (sibling === undefined) return undefined;
      used += 1;
      const other = bytes.from(sibling, 'hex');
      node = isRight ? hashNode(other, node) : hashNode(node, other);
    }
    position = Math.floor(position / 2);
    count = Math.ceil(count / 2);
  }
  return used === siblings.length ? rootOf(node, leaves) : undefined;
}

function digestBytes(digests: readonly Digest[]): Uint8Array {
  const level = bytes.allocate(digests.length * DIGEST_BYTES);
  let offset = 0;
  for (const digest of digests) {
    bytes.put(level, offset, DIGEST_BYTES, digest, 'hex');
    offset += DIGEST_BYTES;
  }
  return level;
}

/** Replaces the `count` nodes at the start of `level` by their parents. @returns how many */
function hashLevel(level: Uint8Array, count: number): number {
  const pair = emptyPair();
  let parents = 0;
  for (let left = 0; left < count; left += 2) {
    const start = left * DIGEST_BYTES;
    const target = parents * DIGEST_BYTES;
    if (left + 1 < count) {
      copyFew(pair, 1, level, start, 2 * DIGEST_BYTES);
      hashes.putSha256(level, target, pair);
    } else {
      level.copyWithin(target, start, start + DIGEST_BYTES);
    }
    parents += 1;
  }
  return parents;
}

function hashNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  const pair = emptyPair();
  pair.set(left, 1);
  pair.set(right, 1 + DIGEST_BYTES);
  const node = bytes.allocate(DIGEST_BYTES);
  hashes.putSha256(node, 0, pair);
  return node;
}

/** What is hashed to an inner node, but for the two below it. */
function emptyPair(): Uint8Array {
  const pair = bytes.allocate(1 + 2 * DIGEST_BYTES);
  pair[0] = NODE_TAG;
  return pair;
}

/** @param top begins with the topmost node, if there are leaves */
function rootOf(top: Uint8Array, leaves: number): Digest {
  const size = leaves === 0 ? 0 : DIGEST_BYTES;
  const layout = new LayoutWriter(1 + 4 + size).u8(ROOT_TAG).u32(leaves).raw(top, size);
  return hashes.sha256(layout.finish());
}
