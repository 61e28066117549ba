/**
 * Measures cells, and looks at decisions, in a process of its own, so that the caller can go on answering meanwhile. The
 * process is started with the first cell, used for all that follow, and killed when a cell is given
 * up: nothing else ends a cluster that is busy at once.
 */

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { Quit } from '@ccro/clock';
import { nearestBuilt } from '@ccro/program';
import type { DecisionObserver, Observation, Observed } from './comparison.js';
import { reportSchema, type MeasuringOrder, type MeasuringReport } from './measuring-messages.js';
import { LIMITS, type Cell } from './plan.js';
import type { CellFigures } from './row.js';
import { CellFailure, type CellMeasurer } from './run-cells.js';

const PROGRAM = 'libs/experiment/src/measuring-program.js';
/** Of what the process wrote before it ended, so much is quoted. */
const MAX_QUOTED = 500;

const NO_RESULT = 'the measuring process said what is no result';

export interface MeasuringProcessOptions {
  /** File of the built program; by default that of the nearest build. */
  readonly program?: string;
  /** How long a cell may take, in milliseconds. */
  readonly cellBoundMs?: number;
}

export class MeasuringProcess implements CellMeasurer, DecisionObserver {
  private readonly program: string;
  private readonly cellBoundMs: number;
  private child: ChildProcess | undefined;
  private errors = '';

  /** @throws RangeError when the program was not built */
  constructor(options: MeasuringProcessOptions = {}) {
    this.program = options.program ?? builtMeasuringProgram();
    this.cellBoundMs = options.cellBoundMs ?? LIMITS.cellSeconds * 1000;
  }

  /** Id of the process while there is one. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  async measure(cell: Cell, signal: AbortSignal): Promise<CellFigures> {
    const report = await this.carryOut({ kind: 'measure', cell }, signal);
    if (report.kind === 'measured') return report.figures;
    throw new CellFailure(NO_RESULT);
  }

  async observe(observation: Observation, signal: AbortSignal): Promise<Observed> {
    const report = await this.carryOut({ kind: 'observe', observation }, signal);
    if (report.kind === 'observed') return report.decision;
    throw new CellFailure(NO_RESULT);
  }

  private async carryOut(order: MeasuringOrder, signal: AbortSignal): Promise<MeasuringReport> {
    // It may have died while it had nothing to do.
    if (this.child !== undefined && !isThere(this.child)) await this.close();
    if (signal.aborted) throw new Quit();
    const child = (this.child ??= this.start());
    try {
      return await this.reportOn(child, order, signal);
    } catch (error) {
      // Whatever it is doing is not to go on, nor to disturb the cell that comes next.
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child === undefined || hasEnded(child)) return;
    // A process that could not be started never exits.
    if (child.pid === undefined) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  private start(): ChildProcess {
    this.errors = '';
    // Not this process's own flags: a debugger's port, for one, is taken. Nor its settings, among
    // which are passwords: where temporary files go is all that is inherited.
    const child = fork(this.program, {
      execArgv: [],
      env: { TMPDIR: tmpdir() },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.errors = (this.errors + chunk.toString()).slice(-MAX_QUOTED);
    });
    return child;
  }

  private reportOn(
    child: ChildProcess,
    order: MeasuringOrder,
    signal: AbortSignal,
  ): Promise<MeasuringReport> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(overdue);
        signal.removeEventListener('abort', onAbort);
        child.off('message', onMessage).off('close', onExit).off('error', onError);
        act();
      };
      const fail = (reason: string): void => settle(() => reject(new CellFailure(reason)));
      const overdue = setTimeout(() => {
        fail(`no result within ${this.cellBoundMs / 1000} s`);
      }, this.cellBoundMs);
      const onAbort = (): void => settle(() => reject(new Quit()));
      const onMessage = (message: unknown): void => {
        const { data: report } = reportSchema.safeParse(message);
        if (report === undefined) fail(NO_RESULT);
        else if (report.kind === 'failed') fail(report.reason);
        else settle(() => resolve(report));
      };
      // When it has ended and all that it wrote is read.
      const onExit = (code: number | null, by: string | null): void =>
        fail(`the measuring process ended (${by ?? `exit ${code}`}) ${this.errors}`.trimEnd());
      const onError = (error: Error): void => settle(() => reject(error));
      signal.addEventListener('abort', onAbort, { once: true });
      child.on('message', onMessage).on('close', onExit).on('error', onError);
      child.send(order, (error) => {
        if (error !== null) fail(`the measuring process is gone: ${error.message}`);
      });
    });
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Whether orders reach it. */
function isThere(child: ChildProcess): boolean {
  return child.connected && !hasEnded(child);
}

/** @throws RangeError when there is none */
function builtMeasuringProgram(): string {
  const program = nearestBuilt(PROGRAM, import.meta.url);
  if (program === undefined) throw new RangeError(`${PROGRAM} was not built: npm run build`);
  return program;
}
