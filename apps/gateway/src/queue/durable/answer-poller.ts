import type { FinishedAnswer } from '../../answers/request-record.js';
import type { TrackedRequest } from '../tracked-request.js';

/** First and longest pause between two looks, in milliseconds. */
const MIN_PAUSE_MS = 20;
const MAX_PAUSE_MS = 250;
/** Requests that are looked for at once. */
const MOST_AT_ONCE = 1000;

interface Awaited {
  readonly request: TrackedRequest;
  readonly untilMs: number;
}

/**
 * Waits for the answers to requests that another gateway handles: it looks for them in Redis, for
 * all together, as long as a caller can be waiting.
 *
 * Invariant kept here: each is looked for in its turn, so those that stay open delay no others.
 */
export class AnswerPoller {
  private readonly awaited = new Map<string, Awaited>();
  private pauseMs = MIN_PAUSE_MS;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  /** @param look the answers to those of the ids that are finished, some at a time */
  constructor(
    private readonly look: (
      ids: readonly string[],
    ) => AsyncIterable<ReadonlyMap<string, FinishedAnswer>>,
  ) {}

  /** The request with this id, which is finished when its answer is found within `forMs`. */
  watch(request: TrackedRequest, forMs: number): TrackedRequest {
    const already = this.awaited.get(request.id)?.request;
    const watched = already ?? request;
    this.awaited.set(request.id, { request: watched, untilMs: performance.now() + forMs });
    this.pauseMs = MIN_PAUSE_MS;
    this.schedule();
    return watched;
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.awaited.clear();
  }

  private schedule(): void {
    if (this.closed || this.timer !== undefined || this.awaited.size === 0) return;
    this.timer = setTimeout(() => void this.poll(), this.pauseMs);
    this.timer.unref();
    this.pauseMs = Math.min(this.pauseMs * 1.5, MAX_PAUSE_MS);
  }

  private async poll(): Promise<void> {
    const nowMs = performance.now();
    for (const [id, { untilMs }] of this.awaited) if (untilMs < nowMs) this.awaited.delete(id);
    const ids = [...this.awaited.keys()].slice(0, MOST_AT_ONCE);
    if (ids.length < this.awaited.size) this.moveToTheEnd(ids);
    try {
      for await (const answers of this.look(ids)) this.take(answers);
    } catch {
      // Redis is away; waiting callers learn of that elsewhere, and the next poll may succeed.
    }
    this.timer = undefined;
    this.schedule();
  }

  private moveToTheEnd(ids: readonly string[]): void {
    for (const id of ids) {
      const awaited = this.awaited.get(id);
      if (awaited === undefined) continue;
      this.awaited.delete(id);
      this.awaited.set(id, awaited);
    }
  }

  private take(answers: ReadonlyMap<string, FinishedAnswer>): void {
    for (const [id, answer] of answers) {
      this.awaited.get(id)?.request.finish(answer);
      this.awaited.delete(id);
    }
  }
}
