import { setTimeout as delay } from 'node:timers/promises';
import { BrokerError } from '../broker-error.js';
import { leaseKey } from '../channels.js';
import type { LeaseConnection } from './lease-connection.js';

const DEFAULT_TTL_MS = 5_000;
/** Tokens are below 2^48: all sums of a few are exact, in Redis and here. */
const TOKEN_BYTES = 6;
/**
 * Share of the ttl, from the moment of asking, in which the holder may act. It is measured here and
 * in Redis, each on its own clock, and only the speed of the clocks must be about the same.
 */
const SAFE_SHARE = 0.9;

export interface IdentityLeaseOptions {
  readonly cluster: string;
  /** Number of nodes; ids run from 0 to `size` - 1. */
  readonly size: number;
  /** The only id to take, when the node was given one; by default the lowest that is free. */
  readonly id?: number;
  /** Milliseconds after which the id of a node that crashed is free again; default 5000. */
  readonly ttlMs?: number;
  /**
   * Called once if another node was given the id, which can happen after this process stood still
   * for longer than the ttl. The node must stop: two must not act as one.
   */
  readonly onLost?: (id: number) => void;
}

/**
 * The right to be node `id`, as a key in Redis that must be renewed: two processes with one
 * directory of keys would sign twice. It protects nothing against malice.
 *
 * Invariant kept here: nothing is published in the name of the id unless the last renewal that
 * Redis confirmed was asked for less than the ttl ago, so that no other process can have the id. A
 * renewal that fails is never passed over: when that time is up nothing is published until one
 * succeeds, and what Redis refuses is among the broker's troubles. Only the connection is kept: a
 * node that lags behind its messages gets the answer to a renewal after them.
 */
export class IdentityLease {
  private readonly token = newToken();
  private readonly ttlMs: number;
  private timer: NodeJS.Timeout | undefined;
  private renewedAtMs = -Infinity;
  private state: 'held' | 'lost' | 'released' = 'held';

  private constructor(
    readonly id: number,
    private readonly options: IdentityLeaseOptions,
    private readonly connection: LeaseConnection,
  ) {
    this.ttlMs = options.ttlMs ?? DEFAULT_TTL_MS;
  }

  /**
   * Takes an id, if not told which the lowest free one, over a connected broker's own connection (`broker.leases`). While all
   * are taken it waits up to one ttl, in which the id of a crashed node would become free.
   *
   * @throws BrokerError `no-free-identity`, or `unavailable` when Redis cannot be asked
   */
  static async take(
    options: IdentityLeaseOptions,
    connection: LeaseConnection,
  ): Promise<IdentityLease> {
    const ttlMs = options.ttlMs ?? DEFAULT_TTL_MS;
    const deadline = performance.now() + ttlMs * 1.1;
    for (;;) {
      for (const id of candidates(options)) {
        const lease = new IdentityLease(id, options, connection);
        if (await lease.acquire()) return lease;
      }
      if (performance.now() >= deadline) throw noFreeIdentity(options);
      await delay(Math.max(ttlMs / 20, 10) * (0.5 + Math.random()));
    }
  }

  /** False once the id may be another's: lost, released, or not renewed in time. */
  get held(): boolean {
    const age = performance.now() - this.renewedAtMs;
    return this.state === 'held' && age < this.ttlMs * SAFE_SHARE;
  }

  /** Gives the id back at once. The broker's `close` does so too. Never throws. */
  async release(): Promise<void> {
    clearTimeout(this.timer);
    if (this.state !== 'held') return;
    this.state = 'released';
    await this.connection.release(this.key, this.token).catch(() => {}); // then it expires
  }

  private get key(): string {
    return leaseKey(this.options.cluster, this.id);
  }

  private async acquire(): Promise<boolean> {
    const askedAtMs = performance.now();
    if (!(await this.connection.acquire(this.key, this.token, this.ttlMs))) return false;
    this.renewedAtMs = askedAtMs;
    // After an outage the id is made sure of before a single message is sent in its name.
    this.connection.beforeConnected(() => this.renew());
    this.connection.beforeClose(() => this.release());
    this.connection.guard(() => this.state === 'released' || this.held);
    this.renewLater();
    return true;
  }

  private renewLater(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.renew()
        .catch(() => {}) // the broker tells why; when the time is up nothing is published
        .finally(() => {
          if (this.state === 'held') this.renewLater();
        });
    }, this.ttlMs / 4);
    this.timer.unref();
  }

  private async renew(): Promise<void> {
    if (this.state !== 'held') return;
    const askedAtMs = performance.now();
    const renewed = await this.connection.renew(this.key, this.token, this.ttlMs);
    if (this.state !== 'held') return;
    if (renewed) {
      this.renewedAtMs = askedAtMs;
      return;
    }
    this.state = 'lost';
    clearTimeout(this.timer);
    this.connection.leave();
    this.options.onLost?.(this.id);
  }
}

function newToken(): number {
  const bytes = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
  return bytes.reduce((token, byte) => token * 256 + byte, 0) + 1;
}

function candidates({ size, id }: IdentityLeaseOptions): readonly number[] {
  return id === undefined ? Array.from({ length: size }, (_, each) => each) : [id];
}

function noFreeIdentity({ cluster, size, id }: IdentityLeaseOptions): BrokerError {
  if (id !== undefined) {
    return new BrokerError(
      'no-free-identity',
      `Node ${id} of cluster ${cluster} is running already. Stop it first, or set another NODE_ID.`,
    );
  }
  return new BrokerError(
    'no-free-identity',
    `All ${size} node ids of cluster ${cluster} are in use by running nodes. ` +
      'Stop one of them, use a cluster with more members, or set NODE_ID.',
  );
}
