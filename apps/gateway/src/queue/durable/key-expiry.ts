import { asError } from '@ccro/foreign-text';
import type { RedisConnection } from '@ccro/redis';
import type { RequestStore } from './request-store.js';

const INTERVAL_MS = 2000;

export interface KeyExpiryParts {
  readonly store: Pick<RequestStore, 'expire'>;
  readonly connection: Pick<RedisConnection, 'connected' | 'troubles'>;
  /** Something is the matter with dropping them. */
  readonly trouble: (error: Error) => void;
}

/**
 * Drops idempotency keys whose time is over: at the start, every few seconds, and at once when Redis has no
 * memory left. Then nothing is accepted, so that nothing is recorded either, on which occasion others go.
 *
 * Gateways need not agree on who does it: a step is atomic, and without anything to drop it costs one look.
 */
export class KeyExpiry {
  private timer: NodeJS.Timeout | undefined;
  private sweeping = false;

  constructor(private readonly parts: KeyExpiryParts) {}

  start(): void {
    this.timer = setInterval(() => void this.sweep(), INTERVAL_MS);
    this.timer.unref();
    this.parts.connection.troubles.onChange(({ trouble, present }) => {
      if (present && trouble.code === 'OOM') void this.sweep();
    });
    void this.sweep();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Step by step, so that others get their turn. */
  private async sweep(): Promise<void> {
    if (this.sweeping) return;
    this.sweeping = true;
    try {
      let more = true;
      while (more && this.canSweep) more = await this.parts.store.expire();
    } catch (error) {
      this.parts.trouble(asError(error));
    } finally {
      this.sweeping = false;
    }
  }

  private get canSweep(): boolean {
    return this.timer !== undefined && this.parts.connection.connected;
  }
}
