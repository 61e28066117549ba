import { directorySize, SharedDirectorySize } from '@ccro/storage';
import { Inject, Injectable } from '@nestjs/common';
import { Counter, Gauge, type Registry } from 'prom-client';
import { NODE_OPTIONS, type NodeOptions } from '../node-options.js';
import { StatusService, type NodeStatus } from '../status/status.service.js';
import { ReplicaMetrics } from './replica-metrics.js';

/** Gauges that are a number of the status, or true (1) or false (0). */
const GAUGES = {
  ccro_node_view: ['Current view', ({ view }) => view],
  ccro_node_view_active: ['0 while a view is being changed', ({ active }) => Number(active)],
  ccro_node_ready: ['As /health/ready says: 1 or 0', ({ notReady }) => Number(notReady === null)],
  ccro_node_broker_connected: [
    '1 while the broker can be reached',
    ({ brokerConnected }) => Number(brokerConnected),
  ],
  ccro_node_last_executed: ['Highest executed sequence number', ({ lastExecuted }) => lastExecuted],
  ccro_node_stable_checkpoint: [
    'Sequence number of the stable checkpoint',
    ({ stableCheckpoint }) => stableCheckpoint,
  ],
  ccro_node_high_watermark: [
    'Highest sequence number that may be proposed now',
    ({ highWatermark }) => highWatermark,
  ],
  ccro_node_window_slots: ['Slots in memory', ({ slots }) => slots],
  ccro_node_pooled_requests: ['Requests not executed yet', ({ pooledRequests }) => pooledRequests],
} as const satisfies Readonly<Record<string, Reading>>;

/** Counters that the status has. */
const COUNTERS = {
  ccro_node_received_total: ['Messages received', ({ received }) => received],
  ccro_node_unsent_total: ['Messages not sent because the broker was away', ({ unsent }) => unsent],
  ccro_node_published_total: ['Messages published', ({ traffic }) => traffic.published],
  ccro_node_deliveries_total: [
    'Deliveries of published messages',
    ({ traffic }) => traffic.deliveries,
  ],
  ccro_node_delivered_bytes_total: ['Bytes delivered', ({ traffic }) => traffic.deliveredBytes],
} as const satisfies Readonly<Record<string, Reading>>;

type Reading = readonly [help: string, read: (status: NodeStatus) => number];

/** What is known of the node at any time: read when metrics are asked for. */
@Injectable()
export class StatusMetrics {
  private readonly registry: Registry;
  private readonly readers: ((status: NodeStatus) => void)[] = [];

  constructor(
    { registry }: ReplicaMetrics,
    private readonly status: StatusService,
    @Inject(NODE_OPTIONS) { storage }: NodeOptions,
  ) {
    this.registry = registry;
    const storeSize = new SharedDirectorySize(async () =>
      storage.durability === 'memory' ? 0 : directorySize(storage.directory),
    );
    const registers = [registry];
    for (const [name, [help, read]] of Object.entries(GAUGES)) {
      const gauge = new Gauge({ name, help, registers });
      this.readers.push((status) => gauge.set(read(status)));
    }
    for (const [name, [help, read]] of Object.entries(COUNTERS)) {
      this.countBy(name, help, [], (status) => [[{}, read(status)]]);
    }
    this.countBy('ccro_node_rejects_total', 'Messages not used, by reason', ['reason'], (status) =>
      Object.entries(status.rejects).map(([reason, count]) => [{ reason }, count]),
    );
    this.countBy(
      'ccro_node_bad_votes_total',
      'Votes whose signature does not hold, by the node they name',
      ['node'],
      (status) => Object.entries(status.badVotes).map(([node, count]) => [{ node }, count]),
    );
    this.countBy(
      'ccro_node_evidence_total',
      'Evidence against other nodes, by node, kind and standing: proven, signed or suspected',
      ['accused', 'kind', 'standing'],
      ({ evidence }) =>
        evidence.map(({ accused, kind, standing, count }) => [
          { accused: String(accused), kind, standing },
          count,
        ]),
    );
    this.registerInfo();
    new Gauge({
      name: 'ccro_node_store_bytes',
      help: "Size of the store's files, looked at every 5 s at most; 0 with DURABILITY=memory",
      registers,
      async collect() {
        this.set(await storeSize.bytes());
      },
    });
    new Gauge({
      name: 'process_start_time_seconds',
      help: 'When the process started, in seconds since 1970',
      registers,
    }).set(performance.timeOrigin / 1000);
    new Gauge({
      name: 'process_resident_memory_bytes',
      help: 'Resident memory of the process',
      registers,
      collect() {
        this.set(process.memoryUsage.rss());
      },
    });
  }

  /** In the text format of Prometheus. */
  text(): Promise<string> {
    const status = this.status.current();
    for (const read of this.readers) read(status);
    return this.registry.metrics();
  }

  private countBy(
    name: string,
    help: string,
    labelNames: string[],
    read: (status: NodeStatus) => readonly (readonly [Record<string, string>, number])[],
  ): void {
    const counter = new Counter({ name, help, labelNames, registers: [this.registry] });
    this.readers.push((status) => {
      counter.reset();
      for (const [labels, count] of read(status)) counter.inc(labels, count);
    });
  }

  private registerInfo(): void {
    const info = new Gauge({
      name: 'ccro_node_info',
      help: 'Always 1; the labels say what runs here',
      labelNames: ['node', 'mode', 'durability', 'state_machine'],
      registers: [this.registry],
    });
    this.readers.push(({ id, mode, durability, stateMachine }) => {
      const labels = { node: String(id), mode, durability, state_machine: stateMachine ?? '' };
      info.set(labels, 1);
    });
  }
}
