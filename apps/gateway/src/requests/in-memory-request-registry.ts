import type { Acceptance, FinishedAnswer, RequestAnswer } from './request-record.js';
import type { RequestCounts, RequestRegistry } from './request-registry.js';

/** A registry that lives as long as the process and remembers the newest finished requests. */
export class InMemoryRequestRegistry implements RequestRegistry {
  private readonly pending = new Map<string, Acceptance>();
  /** In the order in which they finished. */
  private readonly finished = new Map<string, FinishedAnswer>();
  private readonly byKey = new Map<string, Acceptance>();
  /** Keys by the request that, once forgotten, takes them along. */
  private readonly keyOf = new Map<string, string>();
  private decided = 0;
  private failed = 0;

  /** @param maxFinished finished requests that are remembered at most */
  constructor(private readonly maxFinished: number) {}

  accept(acceptance: Acceptance): void {
    const { requests, idempotency } = acceptance;
    for (const { id } of requests) {
      this.pending.set(id, acceptance);
      if (idempotency !== undefined) this.keyOf.set(id, idempotency.key);
    }
    if (idempotency !== undefined) this.byKey.set(idempotency.key, acceptance);
  }

  finish(answer: FinishedAnswer): void {
    if (!this.pending.delete(answer.id)) return;
    this.finished.set(answer.id, answer);
    if (answer.status === 'decided') this.decided += 1;
    else this.failed += 1;
    if (this.finished.size > this.maxFinished) this.forgetOldest();
  }

  find(id: string): RequestAnswer | undefined {
    if (this.pending.has(id)) return { id, status: 'pending' };
    return this.finished.get(id);
  }

  findByKey(key: string): Acceptance | undefined {
    return this.byKey.get(key);
  }

  counts(): RequestCounts {
    return { pending: this.pending.size, decided: this.decided, failed: this.failed };
  }

  private forgetOldest(): void {
    for (const [id] of this.finished) {
      this.finished.delete(id);
      this.forgetKeyOf(id);
      return;
    }
  }

  /** The key goes with the last of the requests that were accepted under it. */
  private forgetKeyOf(id: string): void {
    const key = this.keyOf.get(id);
    if (key === undefined) return;
    this.keyOf.delete(id);
    const siblings = this.byKey.get(key)?.requests ?? [];
    if (!siblings.some((sibling) => this.keyOf.has(sibling.id))) this.byKey.delete(key);
  }
}
