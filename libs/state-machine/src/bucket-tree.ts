import type { Digest } from '@ccro/consensus';
import { stateDigest } from './state-digest.js';

/**
 * A binary Merkle tree over a fixed number of buckets. Only what lies above a changed bucket is
 * computed again.
 */
export class BucketTree {
  /** Node i has the children 2i and 2i+1; bucket b is node `buckets + b`; the root is node 1. */
  private readonly nodes: Digest[];

  /**
   * @param buckets a power of two
   * @param emptyBucket digest of a bucket with nothing in it
   */
  constructor(
    private readonly buckets: number,
    emptyBucket: Digest,
  ) {
    this.nodes = Array.from({ length: 2 * buckets }, () => emptyBucket);
    for (let node = buckets - 1; node >= 1; node -= 1) this.combine(node);
  }

  get root(): Digest {
    return this.at(1);
  }

  /** Replaces the digests of buckets, by index. */
  update(changed: ReadonlyMap<number, Digest>): void {
    let dirty = new Set<number>();
    for (const [bucket, digest] of changed) {
      this.nodes[this.buckets + bucket] = digest;
      dirty.add((this.buckets + bucket) >> 1);
    }
    while (dirty.size > 0) {
      const above = new Set<number>();
      for (const node of dirty) {
        if (node < 1) continue;
        this.combine(node);
        above.add(node >> 1);
      }
      dirty = above;
    }
  }

  private combine(node: number): void {
    this.nodes[node] = stateDigest('tree-node', this.at(2 * node), this.at(2 * node + 1));
  }

  private at(node: number): Digest {
    return this.nodes[node] ?? '';
  }
}
