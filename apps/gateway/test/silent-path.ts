/** A way to Redis whose connections can go silent, as those of a host that lost its network do. */

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class SilentPath {
  private readonly pairs: (readonly [Socket, Socket])[] = [];

  private constructor(private readonly server: Server) {}

  static async to(target: number): Promise<SilentPath> {
    const server = createServer().listen(0, '127.0.0.1');
    const path = new SilentPath(server);
    server.on('connection', (client) => {
      const redis = connect(target, '127.0.0.1');
      for (const socket of [client, redis]) socket.on('error', () => undefined);
      client.pipe(redis).pipe(client);
      path.pairs.push([client, redis]);
    });
    await once(server, 'listening');
    return path;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Nothing comes through any more on the connections there are; new ones work. */
  silence(): void {
    for (const [client, redis] of this.pairs) {
      client.unpipe(redis);
      redis.unpipe(client);
    }
  }

  stop(): void {
    this.server.close();
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
  }
}
