/**
 * Merkle trees in the shape of RFC 6962, section 2.1: left subtrees are full, an odd node moves
 * up unchanged (doubling it, as Bitcoin does, would give two lists one root: CVE-2012-2459).
 *
 * Leaves are digests of layouts that start with the domain tag, inner nodes start with byte 1 and
 * roots with byte 2, so nothing of one kind can pass for another. The root binds the number of
 * leaves, which fixes the shape of the tree and the length of every path.
 */

import { hash } from 'node:crypto';
import type { Digest } from '@ccro/consensus';

const DIGEST_BYTES = 32;
const NODE_TAG = 1;
const ROOT_TAG = 2;
/** The count is written in 32 bits. */
const MAX_LEAVES = 0xffff_ffff;

const DIGEST_TEXT = /^[0-9a-f]{64}$/;

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
  return rootOf(level.subarray(0, leaves.length === 0 ? 0 : DIGEST_BYTES), leaves.length);
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
      siblings.push(level.toString('hex', start, start + DIGEST_BYTES));
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
  if (![leaf, ...siblings].every((digest) => DIGEST_TEXT.test(digest))) return undefined;
  let node = Buffer.from(leaf, 'hex');
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
      const other = Buffer.from(sibling, 'hex');
      node = isRight ? hashNode(other, node) : hashNode(node, other);
    }
    position = Math.floor(position / 2);
    count = Math.ceil(count / 2);
  }
  return used === siblings.length ? rootOf(node, leaves) : undefined;
}

function digestBytes(digests: readonly Digest[]): Buffer {
  const bytes = Buffer.allocUnsafe(digests.length * DIGEST_BYTES);
  let offset = 0;
  for (const digest of digests) {
    const written = bytes.write(digest, offset, DIGEST_BYTES, 'hex');
    if (written !== DIGEST_BYTES || digest.length !== 2 * DIGEST_BYTES) {
      throw new RangeError('a digest is 64 hexadecimal digits');
    }
    offset += DIGEST_BYTES;
  }
  return bytes;
}

/** Replaces the `count` nodes at the start of `level` by their parents. @returns how many */
function hashLevel(level: Buffer, count: number): number {
  const pair = Buffer.allocUnsafe(1 + 2 * DIGEST_BYTES);
  pair[0] = NODE_TAG;
  let parents = 0;
  for (let left = 0; left < count; left += 2) {
    const start = left * DIGEST_BYTES;
    const target = parents * DIGEST_BYTES;
    if (left + 1 < count) {
      level.copy(pair, 1, start, start + 2 * DIGEST_BYTES);
      // Text is the fastest way out of `hash`: a buffer costs it twice the time.
      level.write(hash('sha256', pair, 'binary'), target, 'latin1');
    } else {
      level.copyWithin(target, start, start + DIGEST_BYTES);
    }
    parents += 1;
  }
  return parents;
}

function hashNode(left: Buffer, right: Buffer): Buffer<ArrayBuffer> {
  const pair = Buffer.concat([Buffer.from([NODE_TAG]), left, right]);
  return Buffer.from(hash('sha256', pair, 'binary'), 'latin1');
}

function rootOf(top: Buffer, leaves: number): Digest {
  const bytes = Buffer.allocUnsafe(1 + 4 + top.length);
  bytes[0] = ROOT_TAG;
  bytes.writeUInt32BE(leaves, 1);
  bytes.set(top, 5);
  return hash('sha256', bytes, 'hex');
}
