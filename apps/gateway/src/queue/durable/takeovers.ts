import { asError } from '@ccro/foreign-text';
import type { RedisConnection } from '@ccro/redis';
import type { Deliveries } from './deliveries.js';
import type { KeptEntry, RequestStore } from './request-store.js';

/** How often a gateway looks for entries whose lease is over. */
const LOOK_EVERY_MS = 1000;

export interface TakeoversParts {
  readonly store: RequestStore;
  readonly deliveries: Deliveries;
  readonly connection: RedisConnection;
  /** Something is the matter with an entry, or with looking for them. */
  readonly trouble: (error: Error) => void;
}

/**
 * Takes over requests that another gateway with this client id accepted and did not finish in time:
 * because the cluster cannot decide at the moment, or because that gateway has ended.
 */
export class Takeovers {
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(private readonly parts: TakeoversParts) {}

  /** @param left entries that an earlier process left behind */
  start(left: readonly KeptEntry[]): void {
    void this.run(async () => {
      for (const entry of left) await this.tryToTake(entry);
    });
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private async run(work: () => Promise<void>): Promise<void> {
    await work().catch((error: unknown) => this.parts.trouble(asError(error)));
    if (this.closed) return;
    this.timer = setTimeout(() => void this.run(() => this.look()), LOOK_EVERY_MS);
    this.timer.unref();
  }

  private async look(): Promise<void> {
    const { store, deliveries, connection } = this.parts;
    if (!connection.connected) return;
    const own = deliveries.entryIds;
    for (const id of await store.leaseOverdue()) {
      const entry = own.has(id) ? undefined : await store.read(id);
      if (entry !== undefined) await this.tryToTake(entry);
    }
  }

  /** One that cannot be taken now is tried again when its lease is over; the others do not wait. */
  private async tryToTake(entry: KeptEntry): Promise<void> {
    await this.take(entry).catch((error: unknown) => this.parts.trouble(asError(error)));
  }

  private async take({ id, calls }: KeptEntry): Promise<void> {
    const { store, deliveries, trouble } = this.parts;
    if (calls === undefined) {
      trouble(
        new Error(`the entry ${id} of the intake was not written by a gateway of this client`),
      );
      await store.setAside(id);
      return;
    }
    const open = await store.openOf(calls);
    if (!this.closed) deliveries.takeOver({ id, calls: open });
  }
}
