/**
 * How much of this node a client's queries may take up: a signed question of 300 bytes can have it read,
 * spell and send hundreds of kilobytes.
 *
 * Invariants kept here:
 * - bounded work: what the queries of one client take of a processor's time, and the bytes of their
 *   answers, are bounded, for each kind of them by itself: pages of the ledger do not use up what a
 *   status needs, nor what single decisions do, though a gateway asks all of them for its callers;
 * - nobody spends another's: only queries whose signature holds are counted. What is not fresh anybody
 *   may have recorded and sent again, so it has a budget that fresh ones do not need.
 */

import { type BucketSize, type ClientId, TokenBuckets } from '@ccro/consensus';
import type { NodeQuery } from '@ccro/wire';

/**
 * `prompt`: answered at once, without reading; what all others take until they are known to be signed is
 * counted there as well. `page`: many decisions. `record`: one. `retry`: not fresh, and answered with what
 * to name instead.
 */
export type QueryKind = 'prompt' | 'page' | 'record' | 'retry';

export const KIND_OF = {
  status: 'prompt',
  'newest-timestamp': 'prompt',
  'set-fault': 'prompt',
  ledger: 'page',
  decision: 'record',
  reply: 'record',
} as const satisfies Readonly<Record<NodeQuery['type'], QueryKind>>;

/** What one answer cost: milliseconds of a processor, and bytes that were sent. */
export interface QueryCost {
  readonly ms: number;
  readonly bytes: number;
}

/** At once, and how much of it comes back in a millisecond: a tenth of a processor, 16 MiB a second. */
const CAPACITY = { ms: 1000, bytes: 16 * 1024 * 1024 } as const satisfies QueryCost;
const REFILL_PER_MS: QueryCost = { ms: 1 / 10, bytes: 16 * 1024 };
/** The most that one answer costs: so much has to be there, as its cost is known only afterwards. */
const NEEDED: QueryCost = { ms: 100, bytes: 4 * 1024 * 1024 };
const MEASURES = ['ms', 'bytes'] as const;

export class QueryBudget {
  /** As many as there are kinds for each client: queries of others are refused before. */
  private readonly buckets = new TokenBuckets();

  /** @param now milliseconds on a clock that never goes back */
  constructor(private readonly now: () => number) {}

  /** Whether another query of this kind may be answered now. */
  allows(client: ClientId, kind: QueryKind): boolean {
    return this.waitMs(client, kind) === 0;
  }

  /** How long until it may be. */
  waitMs(client: ClientId, kind: QueryKind): number {
    const nowMs = this.now();
    const waits = MEASURES.map((measure) => {
      const left = this.buckets.left(nameOf(client, kind, measure), sizeOf(measure), nowMs);
      return (NEEDED[measure] - left) / REFILL_PER_MS[measure];
    });
    return Math.max(0, ...waits);
  }

  spend(client: ClientId, kind: QueryKind, cost: QueryCost): void {
    const nowMs = this.now();
    for (const measure of MEASURES) {
      const name = nameOf(client, kind, measure);
      this.buckets.take(name, sizeOf(measure), cost[measure], nowMs);
    }
  }
}

function nameOf(client: ClientId, kind: QueryKind, measure: keyof QueryCost): string {
  return `${kind} ${measure} ${client}`;
}

function sizeOf(measure: keyof QueryCost): BucketSize {
  return { capacity: CAPACITY[measure], perMs: REFILL_PER_MS[measure] };
}
