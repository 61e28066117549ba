import { normalizeIp, ThrottlerStorageService } from '@nestjs/throttler';

const SECOND_MS = 1000;

/**
 * Calls a second of each caller, counted by @nestjs/throttler. Its guard comes too late here: after
 * the body was read, and on controllers alone. So only its storage is used.
 */
export class CallLimits {
  private readonly counts = new ThrottlerStorageService();

  /**
   * Counts a call of `caller`.
   *
   * @param limit calls a second
   * @returns seconds after which to come back; 0 when the call is within the limit
   */
  async count(caller: string, limit: number): Promise<number> {
    const { isBlocked, timeToBlockExpire } = await this.counts.increment(
      caller,
      SECOND_MS,
      limit,
      0,
      'calls',
    );
    return isBlocked ? Math.max(timeToBlockExpire, 1) : 0;
  }

  close(): void {
    this.counts.onApplicationShutdown();
  }
}

/** Who calls without a key: an address, or the network that an IPv6 address is in. */
export function callerAt(address: string): string {
  return `address ${normalizeIp(address)}`;
}

/** Who calls with a key. */
export function callerNamed(name: string): string {
  return `key ${name}`;
}
