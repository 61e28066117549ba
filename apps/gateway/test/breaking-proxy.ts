/** A way to Redis that breaks at a chosen step: between any two writes of either side. */

import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

/** What is lost of the write at which everything breaks. */
export type Loss = 'all' | 'half' | 'nothing';

export interface Break {
  /** Writes that go through before it, of both sides and all connections, since the last break. */
  readonly afterWrites: number;
  readonly loss: Loss;
}

export class BreakingProxy {
  private readonly sockets = new Set<Socket>();
  private breaks: Break[] = [];
  private writes = 0;
  private held: Promise<void> | undefined;

  private constructor(
    private readonly server: Server,
    private readonly target: number,
    /** Runs while nothing goes through, before the connections break. */
    private readonly beforeBreak: () => Promise<void>,
  ) {
    server.on('connection', (socket) => this.carry(socket));
  }

  static async to(target: number, beforeBreak: () => Promise<void>): Promise<BreakingProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new BreakingProxy(server, target, beforeBreak);
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Breaks all connections at each of these. */
  breakAt(breaks: readonly Break[]): void {
    this.breaks = [...breaks];
    this.writes = 0;
  }

  /** Ends it, as a process that is killed ends its connections. */
  stop(): void {
    this.server.close();
    this.cut();
  }

  private carry(client: Socket): void {
    if (this.held !== undefined) {
      client.destroy();
      return;
    }
    const redis = connect(this.target, '127.0.0.1');
    for (const [from, to] of [
      [client, redis],
      [redis, client],
    ] as const) {
      this.sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      from.on('data', (chunk) => this.pass(chunk, to));
    }
  }

  private pass(chunk: Buffer, to: Socket): void {
    if (this.held !== undefined) return;
    const [next] = this.breaks;
    if (next === undefined || this.writes < next.afterWrites) {
      this.writes += 1;
      to.write(chunk);
      return;
    }
    this.breaks.shift();
    this.writes = 0;
    const kept = { all: 0, half: chunk.length >> 1, nothing: chunk.length }[next.loss];
    const passed = new Promise<void>((resolve) => {
      if (kept === 0) resolve();
      else to.write(chunk.subarray(0, kept), () => resolve());
    });
    this.held = passed
      .then(() => this.beforeBreak())
      .then(() => {
        this.cut();
        this.held = undefined;
      });
  }

  private cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}
