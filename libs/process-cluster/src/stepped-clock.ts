import { readFile, rename, writeFile } from 'node:fs/promises';
import { until } from '@ccro/clock';

/** How long a program may take to read its clock anew. */
const STEP_BOUND_MS = 30_000;

/** What a clock is set to. */
interface Setting {
  readonly offByMs: number;
  /** Grows with each setting. */
  readonly turn: number;
}

/** What a program says when it has read its setting. */
export interface ClockReading {
  /** ISO 8601. */
  readonly said: string;
  /** Why a line about it could not be written to standard output, e.g. `EPIPE`; null: it could. */
  readonly writeError: string | null;
}

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
    const setting = JSON.parse(readFileSync(file, 'utf8'));
    offByMs = setting.offByMs;
    return { ...setting, said: new Date().toISOString(), writeError: null };
  };
  const answer = (reading) => {
    writeFileSync(file + '.new', JSON.stringify(reading));
    renameSync(file + '.new', file + '.read');
  };
  const first = read();
  if (isMainThread) {
    answer(first);
    process.on('SIGUSR2', () => {
      const reading = read();
      process.stdout.write('--- the clock is off by ' + offByMs + ' ms\\n', (error) =>
        answer({ ...reading, writeError: error?.code ?? null }),
      );
    });
  }
`;

/** The wall clock of a program, which can be set while it runs. For tests. */
export class SteppedClock {
  private turn = 0;

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
    this.turn += 1;
    const setting: Setting = { offByMs, turn: this.turn };
    await writeFile(`${this.file}.next`, JSON.stringify(setting));
    await rename(`${this.file}.next`, this.file);
  }

  /** Waits until the program has read what it was set to last. @throws Overdue, Quit */
  untilRead(quit: AbortSignal): Promise<ClockReading> {
    const bound = { boundMs: STEP_BOUND_MS, quit, everyMs: 20 };
    return until('a look at the clock', bound, async () => {
      const text = await readFile(`${this.file}.read`, 'utf8').catch(() => '{}');
      const reading = JSON.parse(text) as ClockReading & Partial<Setting>;
      return reading.turn === this.turn ? reading : undefined;
    });
  }

  /** Sets it while the program `pid` runs. @throws as `untilRead` */
  async step(offByMs: number, pid: number, quit: AbortSignal): Promise<ClockReading> {
    await this.set(offByMs);
    process.kill(pid, 'SIGUSR2');
    return this.untilRead(quit);
  }
}
