import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { Watchdog } from './watchdog.js';

const START_TIMEOUT_MS = 45_000;
const STOP_TIMEOUT_MS = 8_000;
const LAST_OUTPUT_CHARACTERS = 4_000;

/** A process that ended before it was ready, or did not become ready in time. */
export class StartFailure extends Error {
  constructor(
    readonly program: string,
    /** The last line it wrote: programs here end with one line that explains why. */
    readonly lastLine: string,
    /** Undefined when it was still running. */
    readonly exit: Exit | undefined,
  ) {
    super(`${program} did not start: ${lastLine}`);
    this.name = 'StartFailure';
  }
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProgramOptions {
  /** What people call it, e.g. `node 2`. */
  readonly name: string;
  /** Path of the built main file. */
  readonly entry: string;
  /** The whole environment it gets; a function is asked at each start. */
  readonly environment: Environment | (() => Environment);
  /** Its first group is the URL that the program says it listens on. */
  readonly readyLine: RegExp;
  /** Everything that it writes is appended here; undefined: it is not kept. */
  readonly logFile?: string;
  /** How many files and connections it may have open (`ulimit -n`); undefined: as this process. */
  readonly openFiles?: number | undefined;
  /** Told what it writes on standard error once it is ready. */
  readonly onErrorOutput?: (text: Buffer) => void;
}

type Environment = Readonly<Record<string, string>>;

export interface ProgramDependencies {
  readonly watchdog: Watchdog;
  /** Told when the program ends although nobody here ended it. */
  readonly onUnexpectedEnd: (process: SupervisedProcess, lastLine: string, exit: Exit) => void;
}

/**
 * One of the cluster's programs, started, killed, frozen and started again. It has a process group
 * of its own: Ctrl-C in the terminal reaches this process alone, which then ends it in order.
 */
export class SupervisedProcess {
  private child: ChildProcess | undefined;
  /** Resolves when it has ended and all that it wrote was read. */
  private closed: Promise<unknown> = Promise.resolve();
  private endIsMeant = true;
  private baseUrl: string | undefined;
  private earlierUrl: string | undefined;
  private lastOutput = '';
  private lastErrorOutput = '';
  private readonly log: WriteStream | undefined;

  constructor(
    private readonly options: ProgramOptions,
    private readonly dependencies: ProgramDependencies,
  ) {
    const { logFile } = options;
    this.log = logFile === undefined ? undefined : createWriteStream(logFile, { flags: 'a' });
    // A full disk ends the log, and nothing else.
    this.log?.on('error', () => undefined);
  }

  get name(): string {
    return this.options.name;
  }

  /** Base URL of its HTTP interface; undefined while it does not run. Another one at each start. */
  get url(): string | undefined {
    return this.running ? this.baseUrl : undefined;
  }

  /** The URL of this run or of the last one. */
  get lastUrl(): string | undefined {
    return this.baseUrl ?? this.earlierUrl;
  }

  get pid(): number | undefined {
    return this.running ? this.child?.pid : undefined;
  }

  get running(): boolean {
    const { child } = this;
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Resolves when it says that it is ready. @throws StartFailure; then it does not run */
  async start(): Promise<void> {
    if (this.running) throw new Error(`${this.name} runs already`);
    this.endIsMeant = true;
    this.earlierUrl = this.lastUrl;
    this.baseUrl = undefined;
    this.lastOutput = '';
    this.lastErrorOutput = '';
    this.log?.write(`--- ${this.name} starts at ${new Date().toISOString()}\n`);
    const { environment } = this.options;
    const [file, ...args] = this.command();
    const child = spawn(file, args, {
      env: typeof environment === 'function' ? environment() : environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.child = child;
    this.closed = once(child, 'close').catch(() => undefined);
    const { pid } = child;
    if (pid !== undefined) this.dependencies.watchdog.started(pid);
    child.once('exit', (code, signal) => this.onExit(child, { code, signal }));
    try {
      this.baseUrl = await this.untilReady(child);
      this.endIsMeant = false;
    } catch (error) {
      await this.kill();
      throw error;
    }
  }

  /** Ends it at once, as a crash would. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Asks it to end, and kills it when it has not after some seconds. */
  async stop(): Promise<void> {
    this.signal('SIGCONT'); // a stopped process would not see the request
    const force = setTimeout(() => this.signal('SIGKILL'), STOP_TIMEOUT_MS);
    await this.end('SIGTERM');
    clearTimeout(force);
  }

  /** Freezes it: connections stay open, nothing is answered. */
  pause(): void {
    this.signal('SIGSTOP');
  }

  /** Nobody reads any more what it writes, until it is started again. */
  closeOutput(): void {
    this.child?.stdout?.destroy();
    this.child?.stderr?.destroy();
    this.log?.write(`--- nobody reads on what ${this.name} writes\n`);
  }

  /** Whether its output is read. */
  get isRead(): boolean {
    return this.running && this.child?.stdout?.destroyed === false;
  }

  /** Ends `pause`. */
  resume(): void {
    this.signal('SIGCONT');
  }

  /** Writes out the log. The process must have ended. */
  async closeLog(): Promise<void> {
    await this.closed;
    if (this.log === undefined) return;
    this.log.end();
    await finished(this.log).catch(() => undefined);
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    this.endIsMeant = true;
    if (child === undefined || !this.running) return;
    child.kill(signal);
    await this.closed;
  }

  private signal(signal: NodeJS.Signals): void {
    if (this.running) this.child?.kill(signal);
  }

  private command(): [string, ...string[]] {
    const { entry, openFiles } = this.options;
    const own: [string, ...string[]] = [process.execPath, '--enable-source-maps', entry];
    if (openFiles === undefined) return own;
    return ['/bin/sh', '-c', `ulimit -n ${openFiles} && exec "$0" "$@"`, ...own];
  }

  private untilReady(child: ChildProcess): Promise<string> {
    return new Promise((resolve, reject) => {
      const fail = (why: string, exit?: Exit): void => {
        clearTimeout(timer);
        reject(new StartFailure(this.name, why, exit));
      };
      const timer = setTimeout(
        () => fail(`it was not ready after ${START_TIMEOUT_MS} ms`),
        START_TIMEOUT_MS,
      );
      const listen = (chunk: Buffer): void => {
        this.log?.write(chunk);
        this.lastOutput = (this.lastOutput + chunk.toString()).slice(-LAST_OUTPUT_CHARACTERS);
        const url = this.baseUrl ?? this.options.readyLine.exec(this.lastOutput)?.[1];
        if (url === undefined) return;
        clearTimeout(timer);
        resolve(url);
      };
      child.stdout?.on('data', listen);
      child.stderr?.on('data', (chunk: Buffer) => {
        listen(chunk);
        this.lastErrorOutput = (this.lastErrorOutput + chunk.toString()).slice(
          -LAST_OUTPUT_CHARACTERS,
        );
        if (!this.endIsMeant) this.options.onErrorOutput?.(chunk);
      });
      child.once('error', (error) => fail(error.message));
      // `close` comes when all that it wrote was read.
      child.once('close', (code, signal) => fail(this.lastLine(), { code, signal }));
    });
  }

  private onExit(child: ChildProcess, { code, signal }: Exit): void {
    const { pid } = child;
    if (pid !== undefined) this.dependencies.watchdog.ended(pid);
    this.log?.write(`--- ${this.name} ended (${signal ?? `exit code ${code}`})\n`);
    if (this.endIsMeant) return;
    const exit = { code, signal };
    child.once('close', () => this.dependencies.onUnexpectedEnd(this, this.lastLine(), exit));
  }

  /** Programs here end with one line on standard error that explains why. */
  private lastLine(): string {
    const text = this.lastErrorOutput.trim() === '' ? this.lastOutput : this.lastErrorOutput;
    const line = text.trimEnd().split('\n').at(-1) ?? '';
    return line.replace(/^(node|gateway): /, '');
  }
}
