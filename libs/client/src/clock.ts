/** Time as the client uses it, so that tests can supply their own and never sleep. */
export interface Clock {
  /** Milliseconds on a monotonic clock. */
  now(): number;
  /** Calls `callback` once after `afterMs`. @returns a function that cancels it */
  schedule(afterMs: number, callback: () => void): () => void;
}

/** The process's own clock. Timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  schedule(afterMs, callback) {
    const timer = setTimeout(callback, afterMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
