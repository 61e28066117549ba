import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { median, quantile } from '@ccro/figures';
import {
  reportedDigest,
  type DecidedEvent,
  type HistoryEvent,
  type RatesEvent,
} from '@ccro/telemetry';
import { Endings } from '../queue/endings.js';
import { REQUEST_QUEUE, type RequestQueue } from '../queue/request-queue.js';
import type { DecidedAnswer, FinishedAnswer } from '../answers/request-record.js';

const SECOND_MS = 1_000;
/** Decisions told one by one, a second; all of them are counted. */
const TOLD_PER_SECOND = 10;
/** Consensus times a second that quantiles are made of. */
const MAX_TIMES = 2_000;
/** What is kept for readers that come later: two minutes, and the newest decisions. */
const KEPT = { rates: 120, decided: 24 } as const;

const noCounts = (): { accepted: number; decided: number; failed: number; refused: number } => ({
  accepted: 0,
  decided: 0,
  failed: 0,
  refused: 0,
});

/**
 * What this gateway does with requests, second by second. The last minutes are kept, so that a new
 * reader sees them too.
 */
@Injectable()
export class Activity implements BeforeApplicationShutdown {
  private counts = noCounts();
  private times: number[] = [];
  private readonly rates: { readonly atMs: number; readonly event: RatesEvent }[] = [];
  private readonly decided: DecidedEvent[] = [];
  private listener: ((event: DecidedEvent | RatesEvent) => void) | undefined;
  private readonly timer: NodeJS.Timeout;

  constructor(
    @Inject(REQUEST_QUEUE) private readonly queue: RequestQueue,
    endings: Endings,
  ) {
    endings.onFinished((answer) => this.finished(answer));
    this.timer = setInterval(() => this.endSecond(), SECOND_MS);
    this.timer.unref();
  }

  /** Sets the listener; undefined: none. */
  tell(listener: ((event: DecidedEvent | RatesEvent) => void) | undefined): void {
    this.listener = listener;
  }

  accepted(requests: number): void {
    this.counts.accepted += requests;
  }

  refused(): void {
    this.counts.refused += 1;
  }

  /** What happened before; undefined when nothing did. */
  history(): HistoryEvent | undefined {
    const busy = this.rates.some(
      ({ event }) => event.accepted + event.decided + event.failed + event.refused > 0,
    );
    if (!busy && this.decided.length === 0) return undefined;
    const nowMs = performance.now();
    const rates = this.rates.map(({ atMs, event }) => ({
      ...event,
      agoMs: Math.round(nowMs - atMs),
    }));
    return { type: 'history', decided: [...this.decided], rates };
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private finished(answer: FinishedAnswer): void {
    if (answer.status === 'failed') {
      this.counts.failed += 1;
      return;
    }
    this.counts.decided += 1;
    if (this.times.length < MAX_TIMES) this.times.push(answer.consensusTimeMs);
    if (this.counts.decided > TOLD_PER_SECOND) return;
    const event = decidedEvent(answer);
    this.decided.push(event);
    if (this.decided.length > KEPT.decided) this.decided.shift();
    this.listener?.(event);
  }

  private endSecond(): void {
    const { counts, times } = this;
    this.counts = noCounts();
    this.times = [];
    const consensusMs =
      times.length === 0 ? null : { median: median(times), p99: quantile(times, 0.99) };
    const { pending } = this.queue.counts();
    const event: RatesEvent = { type: 'rates', ...counts, pending, consensusMs };
    this.rates.push({ atMs: performance.now(), event });
    if (this.rates.length > KEPT.rates) this.rates.shift();
    this.listener?.(event);
  }
}

function decidedEvent(answer: DecidedAnswer): DecidedEvent {
  const { id, view, sequence, digest, consensusTimeMs, nodes } = answer;
  return {
    ...{ type: 'decided', id, view, sequence, digest: reportedDigest(digest), consensusTimeMs },
    nodes: nodes.map(({ id: node, reply, correct, corrupt }) => ({
      id: node,
      reply,
      correct,
      corrupt,
    })),
  };
}
