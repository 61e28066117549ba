/** The built programs as child processes: started with nothing but the given environment. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { beforeAll, expect, onTestFinished, vi } from 'vitest';

export const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));

const BUILD_TIMEOUT_MS = 180_000;
const START_TIMEOUT_MS = 45_000;
const RUN_TIMEOUT_MS = 45_000;
const STOP_TIMEOUT_MS = 10_000;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that runs or has ended. */
export class Program {
  /** Without colours. */
  stdout = '';
  stderr = '';
  readonly ended: Promise<Exit>;
  private readonly child: ChildProcess;

  constructor(args: readonly string[], environment: Readonly<Record<string, string>>) {
    this.child = spawn(process.execPath, [...args], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own, so that what it starts can be ended with it.
      detached: true,
    });
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.stdout += stripVTControlCharacters(chunk.toString());
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += stripVTControlCharacters(chunk.toString());
    });
    this.ended = once(this.child, 'close').then(([code, signal]) => ({ code, signal }) as Exit);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Waits for text on standard output. @returns the first group of `pattern` */
  async says(pattern: RegExp, timeout = START_TIMEOUT_MS): Promise<string> {
    return vi.waitFor(
      () => {
        const [, group] = pattern.exec(this.stdout) ?? [];
        if (group !== undefined) return group;
        throw new Error(
          `${pattern} did not appear (${this.running ? 'running' : 'ended'}): ` +
            `${this.stdout}\n${this.stderr}`,
        );
      },
      { timeout, interval: 20 },
    );
  }

  /** Ends it and what it started, as Ctrl-C in a terminal would; at last by force. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.signal(signal);
    const force = setTimeout(() => this.signal('SIGKILL'), STOP_TIMEOUT_MS);
    const exit = await this.ended;
    clearTimeout(force);
    return exit;
  }

  /** Kills it, and nothing of what it started. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** Signals it and what it started. */
  signal(signal: NodeJS.Signals): void {
    const { pid } = this.child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** Starts a program that is ended when the test has finished. */
export function startProgram(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Program {
  const program = new Program(args, environment);
  onTestFinished(async () => {
    await program.stop();
  });
  return program;
}

/** Runs a program to its end, which must not be far. May be used by concurrent tests. */
export async function runProgram(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const program = new Program(args, environment);
  const limit = setTimeout(() => void program.stop('SIGKILL'), RUN_TIMEOUT_MS);
  const { code } = await program.ended;
  clearTimeout(limit);
  return { code, stdout: program.stdout, stderr: program.stderr };
}

/** Has the programs built before the tests of a file; quick when they are up to date. */
export function needsBuild(): void {
  beforeAll(async () => {
    const prepare = new Program(['scripts/prepare.mjs'], {});
    const { code } = await prepare.ended;
    expect({ code, stderr: prepare.stderr }).toMatchObject({ code: 0 });
  }, BUILD_TIMEOUT_MS);
}

/** A started node or gateway. */
export interface StartedProgram {
  readonly program: Program;
  /** Base URL of its HTTP interface. */
  readonly url: string;
}

/** Starts the built node and waits until it says which one it is. */
export async function startNodeProgram(
  environment: Readonly<Record<string, string>>,
): Promise<StartedProgram & { readonly id: number }> {
  const program = startProgram(['dist/programs/node.js'], {
    NODE_HTTP_PORT: '0',
    ...environment,
  });
  const url = await program.says(/Node \d+ started on (http:\S+)/);
  const id = Number(await program.says(/Node (\d+) started on/));
  return { program, url, id };
}

/** Starts the built gateway and waits until it listens. */
export async function startGatewayProgram(
  environment: Readonly<Record<string, string>>,
): Promise<StartedProgram> {
  const program = startProgram(['dist/programs/gateway.js'], {
    GATEWAY_PORT: '0',
    ...environment,
  });
  return { program, url: await program.says(/Gateway running on (http:\S+)/) };
}
