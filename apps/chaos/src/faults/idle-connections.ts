import { connect, type Socket } from 'node:net';

/** Before one that was closed is made anew. */
const AGAIN_MS = 250;

/** Connections over which nothing is asked, always so many. */
export class IdleConnections {
  private readonly sockets = new Set<Socket>();
  private readonly again: NodeJS.Timeout;
  private connected = 0;
  private closed = 0;

  /** @param url base URL of an HTTP server */
  constructor(
    private readonly url: string,
    private readonly count: number,
  ) {
    this.fill();
    this.again = setInterval(() => this.fill(), AGAIN_MS);
  }

  /** How many were made. */
  get made(): number {
    return this.connected;
  }

  /** How many of them the server closed. */
  get closedByServer(): number {
    return this.closed;
  }

  end(): void {
    clearInterval(this.again);
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }

  private fill(): void {
    while (this.sockets.size < this.count) this.open();
  }

  private open(): void {
    const { hostname, port } = new URL(this.url);
    const socket = connect(Number(port), hostname);
    this.sockets.add(socket);
    let isConnected = false;
    socket.on('error', () => undefined);
    socket.once('connect', () => {
      isConnected = true;
      this.connected += 1;
    });
    socket.once('close', () => {
      if (this.sockets.delete(socket) && isConnected) this.closed += 1;
    });
  }
}
