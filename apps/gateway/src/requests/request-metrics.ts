import { Inject, Injectable } from '@nestjs/common';
import { Gauge, Histogram, Registry } from 'prom-client';
import { Endings } from '../queue/endings.js';
import { PendingLimit } from '../queue/pending-limit.js';
import { REQUEST_QUEUE, type RequestQueue } from '../queue/request-queue.js';
import type { FinishedAnswer } from '../answers/request-record.js';

/** Seconds; a decision takes one or two milliseconds when all is well. */
const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What is counted about requests. */
@Injectable()
export class RequestMetrics {
  private readonly latency: Histogram;

  constructor(
    registry: Registry,
    @Inject(REQUEST_QUEUE) queue: RequestQueue,
    limit: PendingLimit,
    endings: Endings,
  ) {
    const registers = [registry];
    this.latency = new Histogram({
      name: 'ccro_gateway_consensus_seconds',
      help: 'From sending a request to f+1 matching replies',
      buckets: LATENCY_BUCKETS,
      registers,
    });
    new Gauge({
      name: 'ccro_gateway_requests',
      help: 'Requests this gateway sees to, by state; decided and failed since the start',
      labelNames: ['status'],
      registers,
      collect() {
        const counts = queue.counts();
        for (const status of ['pending', 'decided', 'failed'] as const) {
          this.set({ status }, counts[status]);
        }
      },
    });
    new Gauge({
      name: 'ccro_gateway_pending_limit',
      help: 'Requests that may be pending now; calls beyond are refused',
      registers,
      collect() {
        this.set(limit.current);
      },
    });
    endings.onFinished((answer) => this.observe(answer));
  }

  private observe(answer: FinishedAnswer): void {
    if (answer.status === 'decided') this.latency.observe(answer.consensusTimeMs / 1000);
  }
}
