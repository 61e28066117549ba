/** A broker that also counts what it publishes by kind of message. */

import type { Broker, ConnectionListener, MessageListener, Traffic } from '@ccro/broker';
import { peekKind } from '@ccro/wire';

export interface DeliveryCount {
  readonly deliveries: number;
  readonly bytes: number;
}

/**
 * What nodes say about themselves without being asked, and answers to questions: no part of a
 * decision, so it is left out.
 */
const NOT_OF_A_DECISION: ReadonlySet<string> = new Set(['status', 'query', 'answer']);

/** Deliveries of all brokers of one cluster that belong to decisions. */
export class DeliveryTally {
  private deliveries = 0;
  private bytes = 0;
  private readonly kinds = new Map<string, number>();

  count(payload: Uint8Array, receivers: number): void {
    const kind = peekKind(payload) ?? 'unreadable';
    if (NOT_OF_A_DECISION.has(kind)) return;
    this.deliveries += receivers;
    this.bytes += receivers * payload.byteLength;
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + receivers);
  }

  /** Deliveries of each kind of message. */
  get byKind(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.kinds);
  }

  get current(): DeliveryCount {
    return { deliveries: this.deliveries, bytes: this.bytes };
  }
}

export class CountingBroker implements Broker {
  constructor(
    private readonly inner: Broker,
    private readonly tally: DeliveryTally,
  ) {}

  get name(): string {
    return this.inner.name;
  }

  get connected(): boolean {
    return this.inner.connected;
  }

  get hasUnread(): boolean {
    return this.inner.hasUnread;
  }

  connect(): Promise<void> {
    return this.inner.connect();
  }

  subscribe(channels: readonly string[]): Promise<void> {
    return this.inner.subscribe(channels);
  }

  unsubscribe(channels: readonly string[]): Promise<void> {
    return this.inner.unsubscribe(channels);
  }

  onMessage(listener: MessageListener): void {
    this.inner.onMessage(listener);
  }

  onConnectionChange(listener: ConnectionListener): void {
    this.inner.onConnectionChange(listener);
  }

  async publish(channel: string, payload: Uint8Array): Promise<number> {
    const receivers = await this.inner.publish(channel, payload);
    this.tally.count(payload, receivers);
    return receivers;
  }

  traffic(): Traffic {
    return this.inner.traffic();
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
