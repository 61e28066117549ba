import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { CcroClient } from '@ccro/client';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { EventsService } from '../events/events.service.js';
import { Endings } from '../queue/endings.js';
import { PendingLimit } from '../queue/pending-limit.js';
import { REQUEST_QUEUE, type RequestQueue } from '../queue/request-queue.js';
import { GATEWAY_SETTINGS, type GatewaySettings } from '../settings/gateway.options.js';

/** Seconds; a decision takes one or two milliseconds when all is well. */
const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Registers what is counted about the gateway. Most of it is read when it is asked for. */
export function registerMetrics(app: NestFastifyApplication): void {
  const registry: Registry = app.get(Registry);
  registerProcess(registry);
  registerConnection(registry, app);
  registerRequests(registry, app);
  const events = app.get(EventsService);
  gauge(registry, 'ccro_gateway_event_readers', 'Readers of GET /events', () => events.readerCount);
}

/** What every program has, under the names that every dashboard knows. */
function registerProcess(registry: Registry): void {
  const startedAt = performance.timeOrigin / 1000;
  const started = 'When the process started, in seconds since 1970';
  gauge(registry, 'process_start_time_seconds', started, () => startedAt);
  const resident = 'Resident memory of the process';
  gauge(registry, 'process_resident_memory_bytes', resident, () => process.memoryUsage.rss());
}

function registerConnection(registry: Registry, app: NestFastifyApplication): void {
  const client = app.get(CcroClient);
  const { broker } = app.get<GatewaySettings>(GATEWAY_SETTINGS);
  const connected = '1 while the broker can be reached';
  gauge(registry, 'ccro_gateway_broker_connected', connected, () => (broker.connected ? 1 : 0));
  const view = 'The view that the gateway believes the cluster to be in';
  gauge(registry, 'ccro_gateway_view', view, () => client.view);
  new Counter({
    name: 'ccro_gateway_broker_total',
    help: 'What the gateway published: messages, their deliveries, delivered bytes',
    labelNames: ['what'],
    registers: [registry],
    collect() {
      this.reset();
      const { published, deliveries, deliveredBytes } = broker.traffic().total;
      this.inc({ what: 'published' }, published);
      this.inc({ what: 'deliveries' }, deliveries);
      this.inc({ what: 'delivered-bytes' }, deliveredBytes);
    },
  });
  new Counter({
    name: 'ccro_gateway_retransmissions_total',
    help: 'Requests sent again',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(client.counters().retransmitted);
    },
  });
  new Counter({
    name: 'ccro_gateway_rejects_total',
    help: 'Messages not used, by reason',
    labelNames: ['reason'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [reason, count] of Object.entries(client.counters().rejects)) {
        this.inc({ reason }, count);
      }
    },
  });
}

function registerRequests(registry: Registry, app: NestFastifyApplication): void {
  const queue = app.get<RequestQueue>(REQUEST_QUEUE);
  const limit = app.get(PendingLimit);
  const latency = new Histogram({
    name: 'ccro_gateway_consensus_seconds',
    help: 'From sending a request to f+1 matching replies',
    buckets: LATENCY_BUCKETS,
    registers: [registry],
  });
  app.get(Endings).onFinished((answer) => {
    if (answer.status === 'decided') latency.observe(answer.consensusTimeMs / 1000);
  });
  new Gauge({
    name: 'ccro_gateway_requests',
    help: 'Requests this gateway sees to, by state; decided and failed since the start',
    labelNames: ['status'],
    registers: [registry],
    collect() {
      const counts = queue.counts();
      for (const status of ['pending', 'decided', 'failed'] as const) {
        this.set({ status }, counts[status]);
      }
    },
  });
  const most = 'Requests that may be pending now; calls beyond are refused';
  gauge(registry, 'ccro_gateway_pending_limit', most, () => limit.current);
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}
