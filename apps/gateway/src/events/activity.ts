import { Inject, Injectable } from '@nestjs/common';
import { median, quantile } from '@ccro/figures';
import { shortDigest, type ClusterEvent, type RatesEvent } from '@ccro/telemetry';
import { Endings } from '../queue/endings.js';
import { REQUEST_QUEUE, type RequestQueue } from '../queue/request-queue.js';
import type { DecidedAnswer, FinishedAnswer } from '../requests/request-record.js';

/** Decisions told one by one, a second; all of them are counted. */
const TOLD_PER_SECOND = 10;
/** Consensus times a second that quantiles are made of. */
const MAX_TIMES = 2_000;

const noCounts = (): { accepted: number; decided: number; failed: number; refused: number } => ({
  accepted: 0,
  decided: 0,
  failed: 0,
  refused: 0,
});

/** What this gateway does with requests, second by second. It costs a counter when nobody asks. */
@Injectable()
export class Activity {
  private counts = noCounts();
  private times: number[] = [];
  private listener: ((event: ClusterEvent) => void) | undefined;

  constructor(
    @Inject(REQUEST_QUEUE) private readonly queue: RequestQueue,
    endings: Endings,
  ) {
    endings.onFinished((answer) => this.finished(answer));
  }

  /** Whoever is told from now on; undefined: nobody. */
  tell(listener: ((event: ClusterEvent) => void) | undefined): void {
    this.listener = listener;
    this.reset();
  }

  accepted(requests: number): void {
    this.counts.accepted += requests;
  }

  refused(): void {
    this.counts.refused += 1;
  }

  /** @returns what happened since the last call: to be called once a second */
  takeRates(): RatesEvent {
    const { counts, times } = this;
    const consensusMs =
      times.length === 0 ? null : { median: median(times), p99: quantile(times, 0.99) };
    this.reset();
    return { type: 'rates', ...counts, pending: this.queue.counts().pending, consensusMs };
  }

  private finished(answer: FinishedAnswer): void {
    if (this.listener === undefined) return;
    if (answer.status === 'failed') {
      this.counts.failed += 1;
      return;
    }
    this.counts.decided += 1;
    if (this.times.length < MAX_TIMES) this.times.push(answer.consensusTimeMs);
    if (this.counts.decided <= TOLD_PER_SECOND) this.listener(toldAnswer(answer));
  }

  private reset(): void {
    this.counts = noCounts();
    this.times = [];
  }
}

function toldAnswer(answer: DecidedAnswer): ClusterEvent {
  const { id, view, sequence, digest, consensusTimeMs, nodes } = answer;
  return {
    ...{ type: 'decided', id, view, sequence, digest: shortDigest(digest), consensusTimeMs },
    nodes: nodes.map(({ id: node, reply, correct, corrupt }) => ({
      id: node,
      reply,
      correct,
      corrupt,
    })),
  };
}
