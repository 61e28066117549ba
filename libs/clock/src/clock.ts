/** Time as runners and clients use it, so that tests and the simulator can supply their own. */
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
