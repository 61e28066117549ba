import type { RedisConnection } from '@ccro/redis';
import type { Logger } from '@nestjs/common';

/** Every failed attempt is reported, up to several times a second. */
const INTERVAL_MS = 10_000;

/** Logs what is the matter with a queue, from time to time: that Redis is away is said elsewhere. */
export class QueueErrorLog {
  private saidAtMs = -INTERVAL_MS;

  constructor(
    private readonly what: string,
    private readonly connection: Pick<RedisConnection, 'connected'>,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {}

  note({ message }: Error): void {
    const nowMs = performance.now();
    if (!this.connection.connected || nowMs < this.saidAtMs + INTERVAL_MS) return;
    this.saidAtMs = nowMs;
    this.logger.warn(`${this.what}: ${message}`);
  }
}
