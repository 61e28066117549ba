import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { requireRedisServer } from './find-redis-server.js';
import { freePort, LOOPBACK } from './held-port.js';
import { RedisServerError } from './redis-server-error.js';
import { ServerProcess } from './server-process.js';

const START_TIMEOUT_MS = 10_000;
const PROBE_INTERVAL_MS = 10;
/** Ports tried when any will do and other programs keep taking the free one that was found. */
const PORT_ATTEMPTS = 5;

/**
 * What Redis may hold back for one slow subscriber before it disconnects it: at once above the
 * first figure, after 60 seconds above the second. Redis' own limit (32 MB and 8 MB) is too low
 * for the bursts of a large cluster; without any limit one stuck node could fill the memory.
 */
const PUBSUB_BUFFER_LIMIT = ['pubsub', '256mb', '64mb', '60'];

/**
 * The longest text that Redis takes: nothing that is sent or stored here is longer than half of it.
 * By default it would hold half a gigabyte for any publisher, once for each subscriber.
 */
const MAX_TEXT = '8mb';

export interface RedisServerOptions {
  /**
   * Where it listens, on the loopback interface: `localhost`, an IPv4 address or `::1`. Default:
   * 127.0.0.1.
   */
  readonly host?: string;
  /** TCP port there; 0, the default, means any free one. */
  readonly port?: number;
  /** Working directory for log and data; by default a temporary one that `stop` removes. */
  readonly dir?: string;
  /** Further arguments as redis-server takes them, e.g. `['--appendonly', 'yes']`. */
  readonly extraArgs?: readonly string[];
  /** Told when the server ends although nobody here ended it. `restart` brings it back. */
  readonly onUnexpectedEnd?: (why: string) => void;
  /** Path of the binary; by default what `findRedisServer` finds. */
  readonly executable?: string;
}

/**
 * Starts a Redis server that listens on the loopback interface alone and keeps nothing on disk,
 * and resolves once it answers.
 *
 * @throws RedisServerError `not-found` or `not-executable` without a binary to start,
 *   `port-taken` when another program holds `port`, `start-failed` with the server's last output
 */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const executable = options.executable ?? (await requireRedisServer());
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'ccro-redis-')));
  const server = new RedisServer(executable, dir, options);
  try {
    await server.start(options.port ?? 0);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/** A Redis server that is a child of this process and ends with it. */
export class RedisServer {
  private boundPort = 0;
  private process: ServerProcess | undefined;

  constructor(
    private readonly executable: string,
    private readonly dir: string,
    private readonly options: RedisServerOptions,
  ) {}

  get port(): number {
    return this.boundPort;
  }

  /** Process id of the server that was started last. */
  get pid(): number {
    return this.process?.pid ?? 0;
  }

  /** `redis://127.0.0.1:<port>`, or of the host that was asked for. */
  get url(): string {
    return `redis://${this.host.includes(':') ? `[${this.host}]` : this.host}:${this.port}`;
  }

  private get host(): string {
    return this.options.host ?? LOOPBACK;
  }

  get running(): boolean {
    return this.process?.running ?? false;
  }

  /** The directory, when nobody asked for it and nobody will miss it. */
  private get temporaryDir(): string | undefined {
    return this.options.dir === undefined ? this.dir : undefined;
  }

  /** For `startRedisServer`. */
  async start(requestedPort: number): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const port = requestedPort === 0 ? await freePort(this.host) : requestedPort;
      try {
        await this.startOn(port);
        return;
      } catch (error) {
        const clash = error instanceof RedisServerError && error.code === 'port-taken';
        if (!clash || requestedPort !== 0 || attempt === PORT_ATTEMPTS) throw error;
      }
    }
  }

  /** Stops the server in an orderly way and removes its temporary directory. */
  async stop(): Promise<void> {
    await this.process?.stop();
    if (this.temporaryDir) await rm(this.temporaryDir, { recursive: true, force: true });
  }

  /** Ends the server at once, as a crash would. `restart` brings it back. */
  async kill(): Promise<void> {
    await this.process?.kill();
  }

  /** Starts the server again on the same port and directory, killing it first if it runs. */
  async restart(): Promise<void> {
    await this.kill();
    await this.startOn(this.port);
  }

  /** Freezes the server: connections stay open, nothing is answered. */
  pause(): void {
    this.process?.signal('SIGSTOP');
  }

  /** Ends `pause`. */
  resume(): void {
    this.process?.signal('SIGCONT');
  }

  private async startOn(port: number): Promise<void> {
    await mkdir(this.dir, { recursive: true });
    const logFile = join(this.dir, `redis-${port}.log`);
    const child = new ServerProcess(
      this.executable,
      this.argumentsFor(port, logFile),
      logFile,
      this.temporaryDir,
    );
    this.process = child;
    try {
      await untilServing(child, this.host, port);
    } catch (error) {
      await child.kill();
      throw error;
    }
    this.boundPort = port;
    void child.exited.then(() => {
      if (!child.endIsMeant) this.options.onUnexpectedEnd?.(child.howItEnded);
    });
  }

  private argumentsFor(port: number, logFile: string): string[] {
    return [
      ...['--port', String(port), '--bind', ...addressesOf(this.host), '--protected-mode', 'yes'],
      ...['--dir', this.dir, '--logfile', logFile, '--daemonize', 'no'],
      ...['--save', '', '--appendonly', 'no'],
      ...['--client-output-buffer-limit', ...PUBSUB_BUFFER_LIMIT],
      ...['--proto-max-bulk-len', MAX_TEXT],
      ...(this.options.extraArgs ?? []),
    ];
  }
}

/** Waits until the server on `port` answers and is `child` rather than another program's. */
async function untilServing(child: ServerProcess, host: string, port: number): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (child.running && Date.now() < deadline) {
    const serving = await processIdOfServerOn(port, host);
    if (serving !== undefined && serving === child.pid) return;
    if (serving !== undefined) throw portTaken(port);
    await delay(PROBE_INTERVAL_MS);
  }
  const lastOutput = await child.lastOutput();
  if (/address already in use/i.test(lastOutput)) throw portTaken(port);
  throw new RedisServerError(
    'start-failed',
    `redis-server did not start on port ${port}: ${lastOutput || 'it did not answer'}`,
  );
}

/**
 * Process id of the Redis server that answers on `port` of the loopback interface, as it states it
 * in INFO; undefined when none answers within `timeoutMs`.
 */
export function processIdOfServerOn(
  port: number,
  host = LOOPBACK,
  timeoutMs = 500,
): Promise<number | undefined> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ port, host });
    const finish = (processId: number | undefined): void => {
      socket.destroy();
      resolve(processId);
    };
    socket.setTimeout(timeoutMs, () => finish(undefined));
    socket.once('error', () => finish(undefined));
    socket.once('close', () => finish(undefined));
    socket.once('connect', () => socket.write('INFO server\r\n'));
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      const match = /^process_id:(\d+)\r$/m.exec(answer);
      if (match) finish(Number(match[1]));
    });
  });
}

/** `localhost` may be either: clients connect to the one that the system names first. */
function addressesOf(host: string): string[] {
  return host === 'localhost' ? [LOOPBACK, '-::1'] : [host];
}

function portTaken(port: number): RedisServerError {
  return new RedisServerError(
    'port-taken',
    `Port ${port} is taken by another program. Choose another port, or 0 for any free one.`,
  );
}
