import { constants } from 'node:os';
import { printable } from './printable.js';

/** How long an orderly end may take, in milliseconds: less than Docker waits before it kills. */
const SHUTDOWN_DEADLINE_MS = 8_000;
/** One Ctrl-C may arrive twice, from the terminal and from npm: within this time it is one. */
const SAME_SIGNAL_MS = 500;

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
type EndSignal = (typeof SIGNALS)[number];

/** What a shell reports for a program that `signal` ended. */
function signalExitCode(signal: EndSignal): number {
  return 128 + constants.signals[signal];
}

interface ShutdownOptions {
  /** What people call the program. */
  readonly name: string;
  /** Default: `SHUTDOWN_DEADLINE_MS`. */
  readonly deadlineMs?: number;
}

/**
 * Ends this process in order on SIGINT or SIGTERM. Whatever `close` waits for, the process is gone
 * after the deadline, and at once on a second signal.
 *
 * @param close what there is to do before the process ends by the signal itself
 */
export function closeOnSignals(close: () => Promise<void>, options: ShutdownOptions): void {
  const ending = new Ending(options);
  const onSignal = (signal: EndSignal): void => {
    if (!ending.begins(signal)) return;
    ending.bounded();
    void closeAndEnd(signal);
  };
  const closeAndEnd = async (signal: EndSignal): Promise<void> => {
    try {
      await close();
    } catch (error) {
      process.stderr.write(`${options.name}: ${printable(String(error))}\n`);
    }
    for (const each of SIGNALS) process.off(each, onSignal);
    process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

/**
 * An end that begins once, with the first signal. For programs that have more to do than to close
 * something.
 */
export class Ending {
  private begun: number | undefined;

  constructor(private readonly options: ShutdownOptions) {}

  /** @returns whether this is the first signal; a second one ends the process here */
  begins(signal: EndSignal): boolean {
    const now = performance.now();
    if (this.begun !== undefined) {
      if (now - this.begun >= SAME_SIGNAL_MS) process.exit(signalExitCode(signal));
      return false;
    }
    this.begun = now;
    return true;
  }

  /** From now on the process has until the deadline. @returns takes it back */
  bounded(): () => void {
    const { name, deadlineMs = SHUTDOWN_DEADLINE_MS } = this.options;
    const timer = setTimeout(() => {
      const seconds = deadlineMs / 1000;
      process.stderr.write(
        `${name}: not everything was closed within ${seconds} s: ended anyway\n`,
      );
      process.exit(1);
    }, deadlineMs).unref();
    return () => clearTimeout(timer);
  }
}
