import { setTimeout as delay } from 'node:timers/promises';

/** What should have come about by now has not. */
export class Overdue extends Error {
  constructor(what: string, boundMs: number) {
    super(`${what} did not happen within ${boundMs / 1000} s`);
    this.name = 'Overdue';
  }
}

/** The user wants to end. */
export class Quit extends Error {
  constructor() {
    super('ended by the user');
    this.name = 'Quit';
  }
}

/** Waits, or until `signal` aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}

export interface Patience {
  readonly boundMs: number;
  readonly quit: AbortSignal;
  /** Milliseconds between two looks; default 50. */
  readonly everyMs?: number;
}

/**
 * Calls `look` periodically until it returns something.
 *
 * @param what the end of the sentence "... did not happen"
 * @throws Overdue, Quit, or what `look` throws
 */
export async function until<T>(
  what: string,
  { boundMs, quit, everyMs = 50 }: Patience,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + boundMs;
  for (;;) {
    if (quit.aborted) throw new Quit();
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() >= deadline) throw new Overdue(what, boundMs);
    await pause(everyMs, quit);
  }
}

/**
 * A signal that aborts when the first of `signals` does, and leaves nothing at the others. Where
 * they outlive what waits, one of `signals` is the caller's own, which it aborts when it is done.
 * (`AbortSignal.any` may be collected as garbage before it aborts.)
 */
export function anyOf(...signals: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  const untilThen = { once: true, signal: controller.signal };
  for (const signal of signals) {
    if (signal.aborted) controller.abort();
    else signal.addEventListener('abort', () => controller.abort(), untilThen);
  }
  return controller.signal;
}

/** A signal that aborts after `ms`, or when one of `others` does. */
export function deadline(ms: number, ...others: readonly AbortSignal[]): AbortSignal {
  const late = new AbortController();
  setTimeout(() => late.abort(), ms).unref();
  return anyOf(late.signal, ...others);
}
