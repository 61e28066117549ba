import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { channelNames } from '@ccro/broker';
import { CcroClient } from '@ccro/client';
import { FAULTS } from '@ccro/faults';
import { readReport, type ClusterEvent, type HelloEvent } from '@ccro/telemetry';
import { GATEWAY_SETTINGS, type GatewaySettings } from '../settings/gateway.options.js';
import { Activity } from './activity.js';
import { eventFrame, EventStream, type EventOutput } from './event-stream.js';
import { EvidenceLooks } from './evidence-looks.js';
import { ReportMerger } from './report-merger.js';

/** Events are sent in batches, so often. */
const BATCH_EVERY_MS = 100;
const BATCHES_PER_SECOND = 1_000 / BATCH_EVERY_MS;
const BATCHES_PER_CHECK = 15 * BATCHES_PER_SECOND;
/** Reports of each node that are read in one batch; further ones are dropped. */
const REPORTS_PER_NODE = 2;

/** Subscribed to the telemetry of all nodes while there are readers, once for all of them. */
@Injectable()
export class EventsService implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Events');
  private readonly readers = new Set<EventStream>();
  /** Whose channel it is, by name. */
  private readonly nodes: ReadonlyMap<string, number>;
  private readonly merger: ReportMerger;
  /** Ids are unique across restarts of the gateway, and grow. */
  private readonly epoch = Date.now().toString(36);
  private lastId = 0;
  private batches = 0;
  /** Reports that came since the last batch, by node. */
  private readonly received = new Map<number, number>();
  private timer: NodeJS.Timeout | undefined;
  /** Subscribing and unsubscribing, one after the other. Never rejects. */
  private switching = Promise.resolve();

  constructor(
    @Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings,
    private readonly client: CcroClient,
    private readonly activity: Activity,
    private readonly evidence: EvidenceLooks,
  ) {
    const { cluster, members } = settings.config;
    const { telemetry } = channelNames(cluster);
    this.nodes = new Map(members.map(({ id }) => [telemetry(id), id]));
    this.merger = new ReportMerger(client.size.weakQuorum, client.size.n);
  }

  get readerCount(): number {
    return this.readers.size;
  }

  /**
   * Begins to tell a reader what happens.
   *
   * @returns a function to be called when it has gone
   */
  open(output: EventOutput): () => void {
    const reader = new EventStream(output);
    reader.send(this.frame(this.hello()));
    const history = this.activity.history();
    if (history !== undefined) reader.send(this.frame(history));
    this.readers.add(reader);
    if (this.readers.size === 1) this.begin();
    return () => {
      if (this.readers.delete(reader) && this.readers.size === 0) this.cease();
    };
  }

  /**
   * Takes bytes from the broker. A report counts for the node whose channel it came on; with Redis
   * users only that node may publish there.
   */
  receive(channel: string, payload: Uint8Array): void {
    const node = this.nodes.get(channel);
    if (node === undefined || this.readers.size === 0) return;
    const count = (this.received.get(node) ?? 0) + 1;
    this.received.set(node, count);
    if (count > REPORTS_PER_NODE) return;
    const report = readReport(payload, this.client.size.n);
    if (report?.node === node) this.merger.add(report);
  }

  beforeApplicationShutdown(): void {
    for (const reader of this.readers) reader.end();
    this.readers.clear();
    this.cease();
  }

  private hello(): HelloEvent {
    const { config, faultInjection } = this.settings;
    const { n, f, quorum } = this.client.size;
    const kinds = faultInjection ? Object.entries(FAULTS) : [];
    const faults = kinds.map(([kind, { description }]) => ({ kind, description }));
    const { cluster, mode } = config;
    return { type: 'hello', cluster, mode, n, f, quorum, faults };
  }

  private begin(): void {
    this.merger.take();
    this.activity.tell((event) => this.send(event));
    this.timer = setInterval(() => this.sendBatch(), BATCH_EVERY_MS);
    this.timer.unref();
    this.switchTo((broker) => broker.subscribe([...this.nodes.keys()]));
  }

  private cease(): void {
    clearInterval(this.timer);
    this.activity.tell(undefined);
    this.switchTo((broker) => broker.unsubscribe([...this.nodes.keys()]));
  }

  private switchTo(change: (broker: GatewaySettings['broker']) => Promise<void>): void {
    this.switching = this.switching
      .then(() => change(this.settings.broker))
      .catch((error: unknown) => this.logger.debug(`telemetry: ${String(error)}`));
  }

  private sendBatch(): void {
    this.batches += 1;
    this.received.clear();
    const { events, accusations } = this.merger.take();
    for (const event of events) this.send(event);
    for (const each of accusations) this.evidence.add(each, (event) => this.send(event));
    if (this.batches % BATCHES_PER_CHECK === 0) for (const reader of this.readers) reader.check();
  }

  private send(event: ClusterEvent): void {
    const frame = this.frame(event);
    for (const reader of this.readers) reader.send(frame);
  }

  private frame(event: ClusterEvent): string {
    this.lastId += 1;
    return eventFrame(event, `${this.epoch}-${this.lastId}`);
  }
}
