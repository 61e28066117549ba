import { BrokerError } from './broker-error.js';
import type { Broker, ConnectionListener, MessageListener } from './broker.js';
import { TrafficCounter, type Traffic } from './traffic.js';

export interface InProcessHubOptions {
  /** Deliveries in one turn of the event loop before timers and sockets get theirs; default 64. */
  readonly maxDeliveriesPerTurn?: number;
  /** Milliseconds after which a turn ends early; default 2. */
  readonly turnBudgetMs?: number;
  /** Payload bytes waiting for delivery above which messages are lost; default 256 MiB. */
  readonly maxQueuedBytes?: number;
}

interface Delivery {
  readonly channel: string;
  readonly payload: Uint8Array;
  readonly receivers: readonly InProcessBroker[];
}

const NO_RECEIVERS: readonly InProcessBroker[] = [];
/** Delivered messages left at the front of the queue before it is moved up. */
const COMPACT_ABOVE = 1_024;

/**
 * A message bus within one process, that behaves as Redis does: asynchronous, first in first out,
 * at most once, nothing kept for members that are away. Brokers of one hub hear each other.
 */
export class InProcessHub {
  private readonly maxDeliveriesPerTurn: number;
  private readonly turnBudgetMs: number;
  private readonly maxQueuedBytes: number;
  private readonly brokers = new Set<InProcessBroker>();
  /** Receivers per channel. The lists are replaced, never changed: deliveries hold on to them. */
  private readonly receivers = new Map<string, readonly InProcessBroker[]>();
  private queue: Delivery[] = [];
  /** Index in `queue` of the message being delivered, and in its receivers of the next one. */
  private head = 0;
  private nextReceiver = 0;
  private queuedBytes = 0;
  private scheduled = false;
  private isAvailable = true;
  private lostMessages = 0;

  constructor(options: InProcessHubOptions = {}) {
    this.maxDeliveriesPerTurn = options.maxDeliveriesPerTurn ?? 64;
    this.turnBudgetMs = options.turnBudgetMs ?? 2;
    this.maxQueuedBytes = options.maxQueuedBytes ?? 256 * 1024 * 1024;
  }

  /** A new connection to the hub. It receives nothing before its `connect`. */
  broker(name: string): Broker {
    return new InProcessBroker(name, this);
  }

  get available(): boolean {
    return this.isAvailable;
  }

  /** Messages that were dropped: by an outage, or because too much was waiting. */
  get lost(): number {
    return this.lostMessages;
  }

  /**
   * Begins or ends an outage. It disconnects all brokers and loses what was not delivered; when
   * it ends they are connected and subscribed again. Connection listeners run within this call.
   */
  setAvailable(available: boolean): void {
    if (available === this.isAvailable) return;
    this.isAvailable = available;
    if (!available) {
      this.lostMessages += this.queue.length - this.head;
      this.clearQueue();
    }
    for (const broker of [...this.brokers]) broker.setConnected(available);
  }

  /** @internal for InProcessBroker */
  attach(broker: InProcessBroker): void {
    this.brokers.add(broker);
  }

  /** @internal for InProcessBroker */
  detach(broker: InProcessBroker): void {
    this.brokers.delete(broker);
    for (const channel of [...this.receivers.keys()]) this.unsubscribe(broker, channel);
  }

  /** @internal for InProcessBroker */
  subscribe(broker: InProcessBroker, channel: string): void {
    const receivers = this.receivers.get(channel) ?? NO_RECEIVERS;
    if (!receivers.includes(broker)) this.receivers.set(channel, [...receivers, broker]);
  }

  /** @internal for InProcessBroker */
  unsubscribe(broker: InProcessBroker, channel: string): void {
    const receivers = this.receivers.get(channel) ?? NO_RECEIVERS;
    if (!receivers.includes(broker)) return;
    const rest = receivers.filter((receiver) => receiver !== broker);
    if (rest.length > 0) this.receivers.set(channel, rest);
    else this.receivers.delete(channel);
  }

  /** @internal for InProcessBroker: queues a message; the number of those who will receive it */
  publish(channel: string, payload: Uint8Array): number {
    const receivers = this.receivers.get(channel) ?? NO_RECEIVERS;
    if (receivers.length === 0) return 0;
    if (this.queuedBytes + payload.byteLength > this.maxQueuedBytes) {
      this.lostMessages += 1;
      return 0;
    }
    this.queue.push({ channel, payload, receivers });
    for (const receiver of receivers) receiver.expectMessage();
    this.queuedBytes += payload.byteLength;
    this.schedule();
    return receivers.length;
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      try {
        this.deliverSome();
      } finally {
        // Even after a listener threw: the others' messages are no part of its failure.
        if (this.head < this.queue.length) this.schedule();
      }
    });
  }

  private deliverSome(): void {
    const deadline = performance.now() + this.turnBudgetMs;
    for (let count = 0; count < this.maxDeliveriesPerTurn; count += 1) {
      const delivery = this.queue[this.head];
      const receiver = delivery?.receivers[this.nextReceiver];
      if (delivery === undefined || receiver === undefined) return;
      this.nextReceiver += 1;
      if (this.nextReceiver === delivery.receivers.length) this.dropHead(delivery);
      receiver.receive(delivery.channel, delivery.payload);
      if (performance.now() >= deadline) return;
    }
  }

  private dropHead(delivery: Delivery): void {
    this.queuedBytes -= delivery.payload.byteLength;
    this.head += 1;
    this.nextReceiver = 0;
    if (this.head === this.queue.length) {
      this.clearQueue();
    } else if (this.head > COMPACT_ABOVE && this.head * 2 > this.queue.length) {
      this.queue = this.queue.slice(this.head);
      this.head = 0;
    }
  }

  private clearQueue(): void {
    this.queue = [];
    this.head = 0;
    this.nextReceiver = 0;
    this.queuedBytes = 0;
  }
}

/** One participant's connection to an `InProcessHub`. */
class InProcessBroker implements Broker {
  private readonly channels = new Set<string>();
  private readonly messageListeners: MessageListener[] = [];
  private readonly connectionListeners: ConnectionListener[] = [];
  private readonly counter = new TrafficCounter();
  private state: 'new' | 'connected' | 'disconnected' | 'closed' = 'new';
  private unread = 0;

  constructor(
    readonly name: string,
    private readonly hub: InProcessHub,
  ) {}

  get connected(): boolean {
    return this.state === 'connected';
  }

  get hasUnread(): boolean {
    return this.unread > 0;
  }

  async connect(): Promise<void> {
    if (this.state === 'closed') throw this.closedError();
    if (this.connected) return;
    if (!this.hub.available) {
      throw new BrokerError('unreachable', 'The in-process broker is switched off.');
    }
    this.hub.attach(this);
    this.setConnected(true);
  }

  async subscribe(channels: readonly string[]): Promise<void> {
    if (this.state === 'closed') throw this.closedError();
    for (const channel of channels) {
      this.channels.add(channel);
      if (this.connected) this.hub.subscribe(this, channel);
    }
  }

  async unsubscribe(channels: readonly string[]): Promise<void> {
    if (this.state === 'closed') throw this.closedError();
    for (const channel of channels) {
      if (this.channels.delete(channel)) this.hub.unsubscribe(this, channel);
    }
  }

  onMessage(listener: MessageListener): void {
    this.messageListeners.push(listener);
  }

  onConnectionChange(listener: ConnectionListener): void {
    this.connectionListeners.push(listener);
  }

  publish(channel: string, payload: Uint8Array): Promise<number> {
    if (!this.connected) return Promise.reject(this.notConnectedError());
    const receivers = this.hub.publish(channel, payload);
    this.counter.count(channel, payload.byteLength, receivers);
    return Promise.resolve(receivers);
  }

  traffic(): Traffic {
    return this.counter.traffic();
  }

  async close(): Promise<void> {
    if (this.state === 'closed') return;
    const wasConnected = this.connected;
    this.state = 'closed';
    this.hub.detach(this);
    if (wasConnected) this.announce(false);
  }

  /** @internal called by the hub when an outage begins or ends */
  setConnected(connected: boolean): void {
    if (this.state === 'closed' || connected === this.connected) return;
    // An outage loses whatever was queued.
    this.unread = 0;
    if (connected) for (const channel of this.channels) this.hub.subscribe(this, channel);
    this.state = connected ? 'connected' : 'disconnected';
    this.announce(connected);
  }

  /** @internal called by the hub when a message for this connection was queued */
  expectMessage(): void {
    this.unread += 1;
  }

  /** @internal called by the hub, never from within a publish */
  receive(channel: string, payload: Uint8Array): void {
    this.unread -= 1;
    if (!this.connected) return;
    for (const listener of this.messageListeners) listener(channel, payload);
  }

  private announce(connected: boolean): void {
    for (const listener of this.connectionListeners) listener(connected);
  }

  private notConnectedError(): BrokerError {
    if (this.state === 'closed') return this.closedError();
    return new BrokerError(
      'unavailable',
      `${this.name} is not connected to the in-process broker.`,
    );
  }

  private closedError(): BrokerError {
    return new BrokerError('closed', `The broker connection ${this.name} was closed.`);
  }
}
