import type { BrokerWatch } from './broker-watch.js';

/** Why a call waits no longer. */
export type WaitEnd = 'finished' | 'too-late' | 'broker-away' | 'closing';

/** Resolves to what happens first. Leaves nothing behind: no timer, no listener. */
export function firstOf(events: {
  readonly finished: Promise<unknown>;
  readonly timeoutMs: number;
  readonly broker: BrokerWatch;
  readonly closing: AbortSignal;
}): Promise<WaitEnd> {
  const { finished, timeoutMs, broker, closing } = events;
  return new Promise((resolve, reject) => {
    const onClosing = (): void => end('closing');
    const timer = setTimeout(() => end('too-late'), timeoutMs);
    let forgetOutage: () => void = () => undefined;
    const end = (how: WaitEnd): void => {
      clearTimeout(timer);
      forgetOutage();
      closing.removeEventListener('abort', onClosing);
      resolve(how);
    };
    // What is decided already counts, whatever else is the matter.
    finished.then(() => end('finished'), reject);
    closing.addEventListener('abort', onClosing);
    forgetOutage = broker.onOutage(() => queueMicrotask(() => end('broker-away')));
    if (closing.aborted) onClosing();
  });
}
