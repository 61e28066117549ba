import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { MAX_CONNECTIONS, processDescriptors, type DescriptorBudget } from './descriptors.js';
import { LimitedLog } from './limited-log.js';

/** Connections of all HTTP servers of a process that share its descriptors. */
export class HeldConnections {
  /** Over which nothing is asked at the moment, longest idle first. */
  private readonly idle = new Set<Socket>();
  private open = 0;
  private readonly log: LimitedLog;
  private readonly failures: LimitedLog;

  constructor(
    private readonly budget: Pick<DescriptorBudget, 'connections' | 'limit'>,
    say: (line: string) => void,
  ) {
    this.log = new LimitedLog(say, { lines: 1, periodMs: 60_000 });
    this.failures = new LimitedLog(say, { lines: 1, periodMs: 60_000 });
  }

  /**
   * Holds the connections of `server`, and of all others here together, below the limit: one more
   * takes the place of the one that was idle for longest, and is refused where none is idle.
   */
  hold(server: Server): void {
    // Until then its errors are those of `listen`, which whoever called that hears.
    server.once('listening', () => server.on('error', (error) => this.failed(error)));
    server.on('connection', (socket: Socket) => this.opened(socket));
    server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.idle.delete(socket);
      response.once('close', () => {
        if (!socket.destroyed) this.idle.add(socket);
      });
    });
  }

  /** Such as a connection that could not be accepted. An error that nobody listens to ends the process. */
  private failed({ message }: Error): void {
    const advice =
      'it goes on listening; raise the limits of open files (ulimit -n, fs.file-max) and free memory';
    this.failures.add(
      'connection not accepted',
      () => `a connection was not accepted (${message}): ${advice}`,
    );
  }

  private opened(socket: Socket): void {
    this.open += 1;
    socket.once('close', () => {
      this.open -= 1;
      this.idle.delete(socket);
    });
    const [longestIdle] = this.idle;
    this.idle.add(socket);
    if (this.open <= this.budget.connections) return;
    (longestIdle ?? socket).destroy();
    this.log.add('connection closed', () => this.explanation(longestIdle !== undefined));
  }

  private explanation(hadIdle: boolean): string {
    const { connections, limit } = this.budget;
    const done = hadIdle ? 'the one that was idle for longest was closed' : 'one was refused';
    if (connections === MAX_CONNECTIONS) {
      return `${connections} connections at a time are all that a process takes: ${done}`;
    }
    return (
      `${connections} connections at a time are all that the limit of ${limit} open files leaves ` +
      `(ulimit -n): ${done}; raise the limit to serve more`
    );
  }
}

let ofThisProcess: HeldConnections | undefined;

/**
 * Holds the connections of `server`, with those of all other servers of this process, below the
 * process's limit of open files.
 *
 * @param say told at most once a minute that connections were closed for that
 * @throws ConfigurationError when the limit is too low
 */
export function holdConnections(server: Server, say: (line: string) => void): void {
  const budget = processDescriptors();
  budget.check();
  ofThisProcess ??= new HeldConnections(budget, say);
  ofThisProcess.hold(server);
}
