/**
 * A broker in virtual time whose network loses, repeats, delays and reorders messages and can be
 * cut. Everything it does comes from the seed.
 */

import {
  BrokerError,
  TrafficCounter,
  type Broker,
  type ConnectionListener,
  type MessageListener,
  type Traffic,
} from '@ccro/broker';
import type { Random } from './random.js';
import type { VirtualTime } from './virtual-time.js';

/** How bad the network is. Probabilities per delivery, delays in virtual milliseconds. */
export interface NetworkFaults {
  readonly loss: number;
  readonly duplication: number;
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** Some deliveries come far later than the others: up to `maxDelayMs` later. */
  readonly straggling?: { readonly chance: number; readonly maxDelayMs: number };
}

export const HEALTHY_NETWORK: NetworkFaults = {
  loss: 0,
  duplication: 0,
  minDelayMs: 0.2,
  maxDelayMs: 2,
};

/** What became of a message on its way to one receiver: a delay for each copy, none if lost. */
export interface Delivery {
  /** Name of the receiver's broker. */
  readonly to: string;
  readonly delaysMs: readonly number[];
}

/** A message on the network, as an eavesdropper sees it. */
export interface Published {
  /** Name of the broker it came from. */
  readonly from: string;
  readonly channel: string;
  readonly payload: Uint8Array;
  readonly deliveries: readonly Delivery[];
}

export class SimulatedNetwork {
  faults: NetworkFaults = HEALTHY_NETWORK;
  /** Whether a message from one named broker reaches another. */
  connected: (from: string, to: string, payload: Uint8Array) => boolean = () => true;
  /** Whether an adversary keeps a message from one named broker from another. */
  obstructs: (from: string, to: string, payload: Uint8Array) => boolean = () => false;
  /** Sees every message that is sent. */
  onPublished: ((published: Published) => void) | undefined;
  /** What is being handed over at this moment. */
  delivering: Published | undefined;
  /** Messages published so far. */
  published = 0;
  private readonly brokers = new Map<string, SimulatedBroker>();

  constructor(
    private readonly time: VirtualTime,
    private readonly random: Random,
  ) {}

  /** A connection of that name; it takes the place of an earlier one. */
  broker(name: string): SimulatedBroker {
    const broker = new SimulatedBroker(name, this);
    this.brokers.set(name, broker);
    return broker;
  }

  /** Publishes in the name of `from`, who need not exist. @returns how many subscribe */
  publish(from: string, channel: string, payload: Uint8Array): number {
    this.published += 1;
    const receivers = [...this.brokers.values()].filter((each) => each.subscribes(channel));
    const deliveries = receivers.map((to) => {
      const arrives =
        this.connected(from, to.name, payload) && !this.obstructs(from, to.name, payload);
      const delaysMs = arrives ? this.drawDelays() : [];
      return { to: to.name, delaysMs };
    });
    const published: Published = { from, channel, payload, deliveries };
    this.onPublished?.(published);
    deliveries.forEach(({ delaysMs }, index) => {
      for (const delayMs of delaysMs) {
        this.time.schedule(delayMs, () => {
          this.delivering = published;
          receivers[index]?.deliver(channel, payload);
          this.delivering = undefined;
        });
      }
    });
    return receivers.length;
  }

  private drawDelays(): number[] {
    const { random } = this;
    const { loss, duplication, minDelayMs, maxDelayMs, straggling } = this.faults;
    const delaysMs: number[] = [];
    const copies = random.chance(duplication) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      if (random.chance(loss)) continue;
      const straggles = straggling !== undefined && random.chance(straggling.chance);
      const extraMs = straggles ? random.between(0, straggling.maxDelayMs) : 0;
      delaysMs.push(random.between(minDelayMs, maxDelayMs) + extraMs);
    }
    return delaysMs;
  }
}

/** One participant's connection. */
export class SimulatedBroker implements Broker {
  /** What is on its way is the network's delay. */
  readonly hasUnread = false;

  private readonly channels = new Set<string>();
  private readonly listeners: MessageListener[] = [];
  private readonly connectionListeners: ConnectionListener[] = [];
  private readonly counter = new TrafficCounter();
  private away = false;
  private closed = false;

  constructor(
    readonly name: string,
    private readonly network: SimulatedNetwork,
  ) {}

  get connected(): boolean {
    return !this.away && !this.closed;
  }

  /** This participant's connection to the broker breaks or comes back: what is sent meanwhile is lost. */
  setAway(away: boolean): void {
    if (this.away === away || this.closed) return;
    this.away = away;
    for (const listener of this.connectionListeners) listener(!away);
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  subscribe(channels: readonly string[]): Promise<void> {
    for (const channel of channels) this.channels.add(channel);
    return Promise.resolve();
  }

  unsubscribe(channels: readonly string[]): Promise<void> {
    for (const channel of channels) this.channels.delete(channel);
    return Promise.resolve();
  }

  subscribes(channel: string): boolean {
    return this.connected && this.channels.has(channel);
  }

  onMessage(listener: MessageListener): void {
    this.listeners.push(listener);
  }

  onConnectionChange(listener: ConnectionListener): void {
    this.connectionListeners.push(listener);
  }

  publish(channel: string, payload: Uint8Array): Promise<number> {
    if (!this.connected) {
      const error = this.closed
        ? new BrokerError('closed', 'the simulated broker was closed')
        : new BrokerError('unavailable', 'the simulated broker is away');
      return Promise.reject(error);
    }
    const receivers = this.network.publish(this.name, channel, payload);
    this.counter.count(channel, payload.length, receivers);
    return Promise.resolve(receivers);
  }

  deliver(channel: string, payload: Uint8Array): void {
    if (!this.connected) return;
    for (const listener of this.listeners) listener(channel, payload);
  }

  traffic(): Traffic {
    return this.counter.traffic();
  }

  close(): Promise<void> {
    this.closed = true;
    this.listeners.length = 0;
    this.connectionListeners.length = 0;
    return Promise.resolve();
  }
}
