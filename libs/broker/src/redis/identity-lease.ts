import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { BrokerError } from '../broker-error.js';
import { leaseKey } from '../channels.js';
import type { LeaseConnection } from './lease-connection.js';

const DEFAULT_TTL_MS = 5_000;

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
 * The right to be node `id` of a development cluster, as a key in Redis that must be renewed. It
 * spares the developer a NODE_ID per terminal; it protects nothing against malice, and nodes with
 * keys of their own are configured instead.
 */
export class IdentityLease {
  private readonly token = randomUUID();
  private readonly ttlMs: number;
  private timer: NodeJS.Timeout | undefined;
  private renewedAt = 0;
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
    const deadline = Date.now() + ttlMs * 1.1;
    for (;;) {
      for (const id of candidates(options)) {
        const lease = new IdentityLease(id, options, connection);
        if (await lease.acquire()) return lease;
      }
      if (Date.now() >= deadline) throw noFreeIdentity(options);
      await delay(Math.max(ttlMs / 20, 10));
    }
  }

  /** False once the id may be another's: lost, released, or not renewed for longer than the ttl. */
  get held(): boolean {
    return this.state === 'held' && Date.now() - this.renewedAt < this.ttlMs;
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
    const askedAt = Date.now();
    if (!(await this.connection.acquire(this.key, this.token, this.ttlMs))) return false;
    this.renewedAt = askedAt;
    // After an outage the id is made sure of before a single message is sent in its name.
    this.connection.beforeConnected(() => this.renew());
    this.connection.beforeClose(() => this.release());
    this.renewLater();
    return true;
  }

  private renewLater(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.renew()
        .catch(() => {}) // no connection: the next one renews it before it is used
        .finally(() => {
          if (this.state === 'held') this.renewLater();
        });
    }, this.ttlMs / 3);
    this.timer.unref();
  }

  private async renew(): Promise<void> {
    if (this.state !== 'held') return;
    const askedAt = Date.now();
    const renewed = await this.connection.renew(this.key, this.token, this.ttlMs);
    if (renewed) {
      this.renewedAt = askedAt;
    } else if (this.state === 'held') {
      this.state = 'lost';
      clearTimeout(this.timer);
      this.options.onLost?.(this.id);
    }
  }
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
