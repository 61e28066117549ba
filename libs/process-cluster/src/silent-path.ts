/** A way to a server whose connections can go silent, as those of a host that lost its network do. */

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

const HOST = '127.0.0.1';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

export class SilentPath {
  /** Connections to the server so far. */
  made = 0;
  /** Bytes from clients to the server so far. */
  carried = 0;
  private readonly carrying = new Set<Pair>();
  private readonly silent = new Set<Pair>();

  private constructor(
    private readonly listener: Server,
    private readonly target: number,
  ) {
    listener.on('connection', (client) => this.carry(client));
  }

  /** @param target a port on the loopback interface */
  static async to(target: number): Promise<SilentPath> {
    const listener = createServer().listen(0, HOST);
    await once(listener, 'listening');
    return new SilentPath(listener, target);
  }

  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  /** As the URL of a Redis. */
  get url(): string {
    return `redis://${HOST}:${this.port}`;
  }

  /** Connections that carry something now. */
  get open(): number {
    return this.carrying.size;
  }

  /**
   * Nothing comes through any more on the connections there are, not even their end; new ones work.
   *
   * @returns how many those are
   */
  silence(): number {
    const count = this.carrying.size;
    for (const pair of this.carrying) {
      pair.client.unpipe(pair.server);
      pair.server.unpipe(pair.client);
      // Counting what comes from it would keep it flowing.
      pair.client.removeAllListeners('data').pause();
      this.silent.add(pair);
    }
    this.carrying.clear();
    return count;
  }

  /** Both ends hear of the end of the connections that went silent. */
  endSilent(): void {
    for (const pair of this.silent) destroy(pair);
    this.silent.clear();
  }

  /** Breaks the connections that carry something. */
  cut(): void {
    for (const pair of this.carrying) destroy(pair);
    this.carrying.clear();
  }

  stop(): void {
    this.listener.close();
    this.cut();
    this.endSilent();
  }

  private carry(client: Socket): void {
    const server = connect(this.target, HOST);
    const pair = { client, server };
    this.carrying.add(pair);
    const end = (): void => {
      if (this.carrying.delete(pair)) destroy(pair);
    };
    for (const socket of [client, server]) {
      socket.setNoDelay(true).once('close', end);
      socket.on('error', () => undefined);
    }
    server.once('connect', () => {
      this.made += 1;
    });
    client.on('data', ({ length }: Buffer) => {
      this.carried += length;
    });
    client.pipe(server).pipe(client);
  }
}

/** At once, as a process that is killed ends its connections. */
function destroy({ client, server }: Pair): void {
  client.resetAndDestroy();
  server.resetAndDestroy();
}
