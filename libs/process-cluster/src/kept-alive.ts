/** Starts again what ended although nobody asked it to, as a supervisor (systemd, Docker) does. */

import { errorMessage } from '@ccro/foreign-text';
import { printable } from '@ccro/program';

/** What can be started again. */
export interface Restartable {
  /** What people call it, e.g. `node 2`. */
  readonly name: string;
  /** Resolves when it does its work again. @throws when it did not come up; then it does not run */
  start(): Promise<void>;
}

export interface RestartListener {
  /** One line for the terminal. */
  onNotice(line: string): void;
  /** It was started as often as makes sense, and ended each time. */
  onGivenUp(name: string, why: string): void;
}

export interface RestartPolicy {
  /** Before the second start in a row; doubled from one to the next. The first one is at once. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** What has run for so long was started well: the next end is the first in a row again. */
  readonly steadyAfterMs: number;
  /** Starts in a row before it is given up. */
  readonly attempts: number;
}

export const RESTART_POLICY: RestartPolicy = {
  firstDelayMs: 500,
  maxDelayMs: 8_000,
  steadyAfterMs: 10_000,
  attempts: 8,
};

const MAX_WHY_CHARACTERS = 500;

/** Keeps one thing alive. It must have been started once before. */
export class KeptAlive {
  private startedAt = performance.now();
  private inARow = 0;
  private timer: NodeJS.Timeout | undefined;
  private starting: Promise<void> | undefined;
  private over = false;

  constructor(
    private readonly thing: Restartable,
    private readonly listener: RestartListener,
    private readonly policy: RestartPolicy = RESTART_POLICY,
    /** False while it cannot come up for a reason that is not its own, such as no Redis. */
    private readonly mayGiveUp: () => boolean = () => true,
  ) {}

  /** It ended, and nobody had asked it to. @param why in a few words, from outside perhaps */
  ended(why: string): void {
    if (this.over || this.timer !== undefined || this.starting !== undefined) return;
    const isSteady = performance.now() - this.startedAt >= this.policy.steadyAfterMs;
    this.inARow = isSteady ? 1 : this.inARow + 1;
    this.again(why);
  }

  /** Nothing is started any more. Resolves when what was being started is up or has failed. */
  async stop(): Promise<void> {
    this.over = true;
    clearTimeout(this.timer);
    await this.starting;
  }

  private again(said: string): void {
    const { name } = this.thing;
    const { attempts, firstDelayMs, maxDelayMs } = this.policy;
    const why = printable(said, MAX_WHY_CHARACTERS);
    if (this.inARow > attempts && !this.mayGiveUp()) this.inARow = attempts;
    if (this.inARow > attempts) {
      this.over = true;
      this.listener.onNotice(
        `${name} ended (${why}). It is not started again: ${attempts} starts in a row failed.`,
      );
      this.listener.onGivenUp(name, why);
      return;
    }
    const delayMs =
      this.inARow === 1 ? 0 : Math.min(firstDelayMs * 2 ** (this.inARow - 2), maxDelayMs);
    const when = delayMs === 0 ? '' : ` in ${delayMs / 1000} s`;
    this.listener.onNotice(`${name} ended (${why}). Starting it again${when}.`);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.starting = this.start();
    }, delayMs);
  }

  private async start(): Promise<void> {
    let whyNot: string | undefined;
    try {
      await this.thing.start();
    } catch (error) {
      whyNot = errorMessage(error);
    }
    this.starting = undefined;
    this.startedAt = performance.now();
    if (this.over) return;
    if (whyNot === undefined) {
      this.listener.onNotice(`${this.thing.name} is back.`);
      return;
    }
    this.inARow += 1;
    this.again(whyNot);
  }
}
