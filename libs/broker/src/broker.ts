import type { ConnectionListener, Troubles } from '@ccro/redis';
import type { Traffic } from './traffic.js';

export type { ConnectionListener };

/** Receives one message. Called once per message, in the order of its channel. */
export type MessageListener = (channel: string, payload: Uint8Array) => void;

/**
 * A publish/subscribe bus, as one participant's single connection to it. It delivers at most once,
 * keeps nothing for members that are away and proves nothing about the sender; the protocol expects
 * no more of it. Every implementation passes the suite in `broker.contract.ts`.
 */
export interface Broker {
  /** Name of this connection, e.g. `ccro:node:3`; shown in Redis' CLIENT LIST. */
  readonly name: string;

  /** True while messages flow both ways: connected, and subscribed to all channels asked for. */
  readonly connected: boolean;

  /**
   * Whether messages for this connection are known to lie unread in this process. False where
   * that cannot be seen, as with what the operating system holds.
   */
  readonly hasUnread: boolean;

  /** What the broker refuses at present, where there is a server that could refuse anything. */
  readonly troubles?: Troubles;

  /**
   * Resolves when connected and subscribed. Afterwards the connection repairs itself until
   * `close`; what is published during an outage is lost.
   *
   * @throws BrokerError `unreachable`, `unauthorized`, `untrusted` or `resp3-required`; may be called again
   */
  connect(): Promise<void>;

  /**
   * Adds channels to listen to, now and after every reconnection. Resolves when the broker has
   * confirmed them or, without a connection, at once. A publisher that listens to the channel
   * receives its own messages.
   *
   * @throws BrokerError `closed`, `rejected` or `unauthorized`
   */
  subscribe(channels: readonly string[]): Promise<void>;

  /**
   * Removes channels from those listened to, now and after every reconnection; channels that are
   * none of them are passed over. What is on its way may still arrive.
   *
   * @throws BrokerError `closed`, `rejected` or `unauthorized`
   */
  unsubscribe(channels: readonly string[]): Promise<void>;

  /**
   * Adds a listener for every message of every channel subscribed to. It is never called from
   * within `publish`. The payload may be shared with other receivers and must not be changed.
   * What a listener throws is not caught here: it ends the process as an uncaught exception.
   */
  onMessage(listener: MessageListener): void;

  /** Adds a listener for each change of `connected`, the first connection included. */
  onConnectionChange(listener: ConnectionListener): void;

  /**
   * Sends `payload` to all who listen to `channel`, and resolves to how many that were. Messages
   * published one after another on a connection arrive in that order. The payload must not be
   * changed afterwards.
   *
   * @throws BrokerError `unavailable` at once when not connected (nothing is ever queued) or when
   *   the connection broke before the broker answered (it may or may not have been delivered);
   *   `rejected` or `unauthorized` when the broker refused it; `closed` after `close`
   */
  publish(channel: string, payload: Uint8Array): Promise<number>;

  /** What this connection published so far, as counted by the broker. */
  traffic(): Traffic;

  /** Sends what was published, then disconnects for good. Never throws; may be called again. */
  close(): Promise<void>;
}
