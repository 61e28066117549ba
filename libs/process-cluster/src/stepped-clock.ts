import { readFile, rename, writeFile } from 'node:fs/promises';
import { until } from '@ccro/clock';

/** How long a program may take to read its clock anew. */
const STEP_BOUND_MS = 10_000;

/**
 * What a program runs before anything else: its wall clock is off by as many milliseconds as the
 * file says, which it reads at its start and at each SIGUSR2. It writes down what its clock says
 * then. Timers and `performance.now()` are as they were, as on a machine whose clock is set.
 */
const SCRIPT = (file: string): string => `
  import { readFileSync, renameSync, writeFileSync } from 'node:fs';
  import { isMainThread } from 'node:worker_threads';
  const file = ${JSON.stringify(file)};
  const SystemDate = Date;
  const systemNow = SystemDate.now;
  let offByMs = 0;
  SystemDate.now = () => systemNow() + offByMs;
  globalThis.Date = new Proxy(SystemDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [SystemDate.now()] : args, newTarget),
  });
  const read = () => {
    offByMs = Number(readFileSync(file, 'utf8'));
    if (!isMainThread) return;
    writeFileSync(file + '.new', JSON.stringify({ offByMs, said: new Date().toISOString() }));
    renameSync(file + '.new', file + '.read');
  };
  read();
  if (isMainThread) process.on('SIGUSR2', read);
`;

/** The wall clock of a program, which can be set while it runs. For tests. */
export class SteppedClock {
  private constructor(private readonly file: string) {}

  /** @param file path of its own, which is written. @param offByMs how far it is off at first */
  static async at(file: string, offByMs = 0): Promise<SteppedClock> {
    const clock = new SteppedClock(file);
    await clock.set(offByMs);
    return clock;
  }

  /** What NODE_OPTIONS of the program must hold. */
  get nodeOption(): string {
    return `--import="data:text/javascript,${encodeURIComponent(SCRIPT(this.file))}"`;
  }

  /** For the next start of the program. */
  async set(offByMs: number): Promise<void> {
    await writeFile(`${this.file}.next`, String(offByMs));
    await rename(`${this.file}.next`, this.file);
  }

  /**
   * Waits until the program has read that it is off by `offByMs`.
   *
   * @returns what its clock said then, as ISO 8601
   * @throws Overdue, Quit
   */
  untilRead(offByMs: number, quit: AbortSignal): Promise<string> {
    const what = `a clock that is off by ${offByMs} ms`;
    return until(what, { boundMs: STEP_BOUND_MS, quit, everyMs: 20 }, async () => {
      const text = await readFile(`${this.file}.read`, 'utf8').catch(() => '{}');
      const read = JSON.parse(text) as { readonly offByMs?: number; readonly said?: string };
      return read.offByMs === offByMs ? read.said : undefined;
    });
  }

  /** Sets it while the program `pid` runs. @returns and throws as `untilRead` */
  async step(offByMs: number, pid: number, quit: AbortSignal): Promise<string> {
    await this.set(offByMs);
    process.kill(pid, 'SIGUSR2');
    return this.untilRead(offByMs, quit);
  }
}
