import { Controller, Get, Header } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import { StatusService } from './status.service.js';

/** Prometheus metrics, read from the node's status when asked. */
@Controller('metrics')
export class MetricsController {
  private readonly registry = new Registry();
  private readonly gauges = {
    view: this.gauge('ccro_node_view', 'Current view'),
    lastExecuted: this.gauge('ccro_node_last_executed', 'Highest executed sequence number'),
    pooledRequests: this.gauge('ccro_node_pooled_requests', 'Requests not executed yet'),
    received: this.gauge('ccro_node_received_total', 'Messages received'),
    unsent: this.gauge('ccro_node_unsent_total', 'Messages not sent because the broker was away'),
    published: this.gauge('ccro_node_published_total', 'Messages published'),
    deliveries: this.gauge('ccro_node_deliveries_total', 'Deliveries of published messages'),
    deliveredBytes: this.gauge('ccro_node_delivered_bytes_total', 'Bytes delivered'),
  };
  private readonly decisions = new Gauge({
    name: 'ccro_node_decisions_total',
    help: 'Slots executed: decided in one round of votes (fast), in two (slow), or elsewhere (caught-up)',
    labelNames: ['path'],
    registers: [this.registry],
  });
  private readonly rejects = new Gauge({
    name: 'ccro_node_rejects_total',
    help: 'Messages not used, by reason',
    labelNames: ['reason'],
    registers: [this.registry],
  });
  private readonly badVotes = new Gauge({
    name: 'ccro_node_bad_votes_total',
    help: 'Votes whose signature does not hold, by the node they name',
    labelNames: ['node'],
    registers: [this.registry],
  });
  private readonly evidence = new Gauge({
    name: 'ccro_node_evidence_total',
    help: 'Times another node was caught, by node and kind',
    labelNames: ['accused', 'kind'],
    registers: [this.registry],
  });

  constructor(private readonly status: StatusService) {}

  @Get()
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  metrics(): Promise<string> {
    const { traffic, rejects, badVotes, evidence, decisions, ...status } = this.status.current();
    for (const name of ['view', 'lastExecuted', 'pooledRequests', 'received', 'unsent'] as const) {
      this.gauges[name].set(status[name]);
    }
    for (const name of ['published', 'deliveries', 'deliveredBytes'] as const) {
      this.gauges[name].set(traffic[name]);
    }
    this.decisions.set({ path: 'fast' }, decisions.fast);
    this.decisions.set({ path: 'slow' }, decisions.slow);
    this.decisions.set({ path: 'caught-up' }, decisions.caughtUp);
    for (const [reason, count] of Object.entries(rejects)) this.rejects.set({ reason }, count);
    for (const [node, count] of Object.entries(badVotes)) this.badVotes.set({ node }, count);
    for (const { accused, kind, count } of evidence) this.evidence.set({ accused, kind }, count);
    return this.registry.metrics();
  }

  private gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, registers: [this.registry] });
  }
}
