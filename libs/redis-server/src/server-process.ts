import { spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';

/** How long a server that was asked to stop may take before it is killed, in milliseconds. */
const STOP_TIMEOUT_MS = 5_000;
const LAST_OUTPUT_CHARACTERS = 1_000;

/** One run of a redis-server binary, and the watchdog that ends it should this process die. */
export class ServerProcess {
  private readonly child: ChildProcess;
  private readonly watchdog: ChildProcess | undefined;
  /** Settles when the server is gone, however it went. */
  readonly exited: Promise<void>;
  /** Whether this process asked it to end. */
  endIsMeant = false;
  private spawnError: Error | undefined;
  private errorOutput = '';
  private readonly killAtExit = (): void => {
    this.child.kill('SIGKILL');
  };

  constructor(
    executable: string,
    args: readonly string[],
    private readonly logFile: string,
    temporaryDir?: string,
  ) {
    // Detached, hence in a process group of its own: Ctrl-C in the terminal reaches us alone, and
    // the server outlives our own orderly shutdown.
    this.child = spawn(executable, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    this.child.unref();
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.errorOutput = (this.errorOutput + chunk.toString()).slice(-LAST_OUTPUT_CHARACTERS);
    });
    unrefStream(this.child.stderr);
    this.exited = new Promise((resolve) => {
      this.child.once('exit', () => resolve());
      this.child.once('error', (error) => {
        this.spawnError = error;
        resolve();
      });
    });
    const { pid } = this.child;
    this.watchdog = pid === undefined ? undefined : startWatchdog(pid, temporaryDir);
    process.once('exit', this.killAtExit);
    void this.exited.then(() => this.forget());
  }

  /** Process id; undefined when the binary could not be started. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  get running(): boolean {
    return this.pid !== undefined && this.child.exitCode === null && !this.child.signalCode;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.running) this.child.kill(signal);
  }

  /** Ends the server at once, as a crash would. */
  async kill(): Promise<void> {
    this.endIsMeant = true;
    this.signal('SIGKILL');
    await this.exited;
  }

  /** Asks the server to stop, and kills it when it has not after some seconds. */
  async stop(): Promise<void> {
    this.endIsMeant = true;
    this.signal('SIGCONT'); // a stopped process would not see the request
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), STOP_TIMEOUT_MS);
    await this.exited;
    clearTimeout(timer);
  }

  /** The signal or the exit code that it ended with. */
  get howItEnded(): string {
    const { signalCode, exitCode } = this.child;
    return signalCode ?? `exit code ${exitCode}`;
  }

  /** Why the server did not start: the error of starting it, or the end of what it wrote. */
  async lastOutput(): Promise<string> {
    if (!this.running) await this.exited;
    if (this.spawnError) return this.spawnError.message;
    const log = await readFile(this.logFile, 'utf8').catch(() => '');
    return `${log.slice(-LAST_OUTPUT_CHARACTERS)}\n${this.errorOutput}`.trim();
  }

  private forget(): void {
    process.removeListener('exit', this.killAtExit);
    this.watchdog?.kill('SIGKILL');
  }
}

/**
 * A shell that waits for its input to end, which happens when this process ends in whatever way
 * (even by SIGKILL, when no exit handler runs). Then it kills the server and removes its directory.
 */
function startWatchdog(pid: number, temporaryDir = ''): ChildProcess {
  const script = 'read -r _; kill -9 "$1"; if [ -n "$2" ]; then rm -rf "$2"; fi';
  const watchdog = spawn('/bin/sh', ['-c', script, 'sh', String(pid), temporaryDir], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watchdog.on('error', () => {}); // no shell: the exit handler alone has to do
  watchdog.stdin?.on('error', () => {});
  unrefStream(watchdog.stdin);
  watchdog.unref();
  return watchdog;
}

/** A child's standard streams are sockets in all but their type; they must not keep us running. */
function unrefStream(stream: Readable | Writable | null): void {
  (stream as Socket | null)?.unref();
}
