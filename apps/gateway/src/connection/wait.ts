import { asError } from '@ccro/foreign-text';
import type { BrokerWatch } from './broker-watch.js';

/** Why a call waits no longer. */
export type WaitEnd = 'finished' | 'too-late' | 'broker-away' | 'closing';

/** Calls whose waits are timed together end this much late at most, in milliseconds. */
const TIMED_TOGETHER_MS = 100;

/**
 * Calls that wait, until the first of several things happens. There may be thousands: none of them
 * listens to `closing` itself, where each is compared with all others, and times are rounded so that
 * one timer of the runtime serves many.
 */
export class Waits {
  private readonly closings = new Set<() => void>();

  /** @param closing nobody waits any longer once it aborts; for ever, if there is none */
  constructor(
    private readonly broker: BrokerWatch,
    private readonly closing?: AbortSignal,
  ) {
    closing?.addEventListener('abort', () => {
      for (const end of this.closings) end();
    });
  }

  /**
   * Resolves to what happens first. Leaves nothing behind: no timer, no listener.
   *
   * @param sinceMs when the time began, if that was before now (`performance.now`)
   * @throws what `finished` rejects with
   */
  firstOf(finished: Promise<unknown>, timeoutMs: number, sinceMs?: number): Promise<WaitEnd> {
    return new Promise((resolve, reject) => {
      const onClosing = (): void => end('closing');
      const timer = setTimeout(() => end('too-late'), leftOf(timeoutMs, sinceMs));
      let forgetOutage: () => void = () => undefined;
      const leave = (): void => {
        clearTimeout(timer);
        forgetOutage();
        this.closings.delete(onClosing);
      };
      const end = (how: WaitEnd): void => {
        leave();
        resolve(how);
      };
      finished.then(
        // What is decided already counts, whatever else is the matter.
        () => end('finished'),
        (error: unknown) => {
          leave();
          reject(asError(error));
        },
      );
      this.closings.add(onClosing);
      forgetOutage = this.broker.onOutage(() => queueMicrotask(() => end('broker-away')));
      if (this.closing?.aborted === true) onClosing();
    });
  }
}

function leftOf(timeoutMs: number, sinceMs?: number): number {
  if (sinceMs === undefined) return timeoutMs;
  const passedMs = performance.now() - sinceMs;
  return Math.max(timeoutMs - Math.floor(passedMs / TIMED_TOGETHER_MS) * TIMED_TOGETHER_MS, 0);
}
