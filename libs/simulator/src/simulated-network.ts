/**
 * A broker in virtual time whose network loses, repeats, delays and reorders messages and can be
 * cut. Everything it does comes from the seed.
 */

import { BrokerError, TrafficCounter, type Broker, type Traffic } from '@ccro/broker';
import type { Random } from './random.js';
import type { VirtualTime } from './virtual-time.js';

/** How bad the network is. Probabilities per delivery, delays in virtual milliseconds. */
export interface NetworkFaults {
  readonly loss: number;
  readonly duplication: number;
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
}

export const HEALTHY_NETWORK: NetworkFaults = {
  loss: 0,
  duplication: 0,
  minDelayMs: 0.2,
  maxDelayMs: 2,
};

type MessageListener = (channel: string, payload: Uint8Array) => void;

export class SimulatedNetwork {
  faults: NetworkFaults = HEALTHY_NETWORK;
  /** Whether a message from one named broker reaches another. */
  connected: (from: string, to: string) => boolean = () => true;
  /** Sees every message that is sent, as an eavesdropper would. */
  onPublished: ((from: string, channel: string, payload: Uint8Array) => void) | undefined;
  private readonly brokers = new Map<string, SimulatedBroker>();

  constructor(
    private readonly time: VirtualTime,
    private readonly random: Random,
  ) {}

  broker(name: string): Broker {
    const broker = new SimulatedBroker(name, this);
    this.brokers.set(name, broker);
    return broker;
  }

  /** Publishes in the name of `from`, who need not exist. @returns how many subscribe */
  publish(from: string, channel: string, payload: Uint8Array): number {
    this.onPublished?.(from, channel, payload);
    let receivers = 0;
    for (const broker of this.brokers.values()) {
      if (!broker.subscribes(channel)) continue;
      receivers += 1;
      if (this.connected(from, broker.name)) this.transmit(broker, channel, payload);
    }
    return receivers;
  }

  private transmit(to: SimulatedBroker, channel: string, payload: Uint8Array): void {
    const copies = this.random.chance(this.faults.duplication) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      if (this.random.chance(this.faults.loss)) continue;
      const { minDelayMs, maxDelayMs } = this.faults;
      const delayMs = minDelayMs + this.random.next() * (maxDelayMs - minDelayMs);
      this.time.schedule(delayMs, () => to.deliver(channel, payload));
    }
  }
}

class SimulatedBroker implements Broker {
  readonly connected = true;
  private readonly channels = new Set<string>();
  private readonly listeners: MessageListener[] = [];
  private readonly counter = new TrafficCounter();
  private closed = false;

  constructor(
    readonly name: string,
    private readonly network: SimulatedNetwork,
  ) {}

  connect(): Promise<void> {
    return Promise.resolve();
  }

  subscribe(channels: readonly string[]): Promise<void> {
    for (const channel of channels) this.channels.add(channel);
    return Promise.resolve();
  }

  subscribes(channel: string): boolean {
    return this.channels.has(channel);
  }

  onMessage(listener: MessageListener): void {
    this.listeners.push(listener);
  }

  onConnectionChange(): void {
    // The simulated broker is always there; what fails is the network around it.
  }

  publish(channel: string, payload: Uint8Array): Promise<number> {
    if (this.closed) {
      return Promise.reject(new BrokerError('closed', 'the simulated broker was closed'));
    }
    const receivers = this.network.publish(this.name, channel, payload);
    this.counter.count(channel, payload.length, receivers);
    return Promise.resolve(receivers);
  }

  deliver(channel: string, payload: Uint8Array): void {
    for (const listener of this.listeners) listener(channel, payload);
  }

  traffic(): Traffic {
    return this.counter.traffic();
  }

  close(): Promise<void> {
    this.closed = true;
    this.listeners.length = 0;
    return Promise.resolve();
  }
}
