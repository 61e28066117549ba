/** What may be taken at once, and how fast it comes back. In whatever unit it is counted. */
export interface BucketSize {
  readonly capacity: number;
  readonly perMs: number;
}

interface Bucket {
  readonly tokens: number;
  readonly filledAtMs: number;
}

/** Token buckets by name, each full until something is taken from it. */
export class TokenBuckets {
  private readonly buckets = new Map<string, Bucket>();

  /** How much there is. Changes nothing. */
  left(name: string, { capacity, perMs }: BucketSize, nowMs: number): number {
    const bucket = this.buckets.get(name);
    if (bucket === undefined) return capacity;
    return Math.min(capacity, bucket.tokens + Math.max(0, nowMs - bucket.filledAtMs) * perMs);
  }

  /** Takes that much, or all that is left. */
  take(name: string, size: BucketSize, amount: number, nowMs: number): void {
    const tokens = Math.max(0, this.left(name, size, nowMs) - amount);
    this.buckets.set(name, { tokens, filledAtMs: nowMs });
  }
}
