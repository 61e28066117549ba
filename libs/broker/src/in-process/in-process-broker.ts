import { BrokerError } from '../broker-error.js';
import type { Broker, ConnectionListener, MessageListener } from '../broker.js';
import { TrafficCounter, type Traffic } from '../traffic.js';

/** What a connection needs of its hub. */
export interface Hub {
  readonly available: boolean;
  attach(broker: InProcessBroker): void;
  detach(broker: InProcessBroker): void;
  subscribe(broker: InProcessBroker, channel: string): void;
  unsubscribe(broker: InProcessBroker, channel: string): void;
  /** Queues a message; returns how many will receive it. */
  publish(channel: string, payload: Uint8Array): number;
}

/** One participant's connection to an `InProcessHub`. */
export class InProcessBroker implements Broker {
  private readonly channels = new Set<string>();
  private readonly messageListeners: MessageListener[] = [];
  private readonly connectionListeners: ConnectionListener[] = [];
  private readonly counter = new TrafficCounter();
  private state: 'new' | 'connected' | 'disconnected' | 'closed' = 'new';
  private unread = 0;

  constructor(
    readonly name: string,
    private readonly hub: Hub,
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
