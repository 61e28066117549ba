import { InProcessHub, RedisBroker, type Broker, type MessageListener } from '@ccro/broker';
import { startRedisServer } from '@ccro/redis-server';
import {
  Controller,
  Module,
  UseGuards,
  type CanActivate,
  type INestMicroservice,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Ctx,
  EventPattern,
  Payload,
  Transport,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { BROKER_TRANSPORT, BrokerContext, BrokerServer } from './broker-server.js';

const bytes = (content: string): Uint8Array => new TextEncoder().encode(content);
const text = (payload: Uint8Array): string => new TextDecoder().decode(payload);
const NODE = 'ccro:{spec}:node:0';
const BROADCAST = 'ccro:{spec}:broadcast';
const TELEMETRY = 'ccro:{spec}:telemetry:3';

/** What was heard, in order; emptied after each test. */
const heard: string[] = [];
const waiting: { count: number; resolve: () => void }[] = [];

function hear(line: string): void {
  heard.push(line);
  for (const { count, resolve } of waiting) if (heard.length >= count) resolve();
}

async function untilHeard(count: number): Promise<void> {
  if (heard.length >= count) return;
  await new Promise<void>((resolve) => waiting.push({ count, resolve }));
}

const receive: MessageListener = (channel, payload) => hear(`${channel}: ${text(payload)}`);

/** Lets in all but what is empty. */
class NotEmpty implements CanActivate {
  canActivate(context: { switchToRpc(): { getData<T>(): T } }): boolean {
    return context.switchToRpc().getData<Uint8Array>().length > 0;
  }
}

@Controller()
class TelemetryController {
  private readonly prefix = 'report';

  @EventPattern<string>('telemetry', BROKER_TRANSPORT)
  @UseGuards(NotEmpty)
  onReport(@Payload() payload: Uint8Array, @Ctx() context: BrokerContext): void {
    if (text(payload) === 'bug') throw new Error('a bug in a handler');
    hear(`${this.prefix} on ${context.getChannel()}: ${text(payload)}`);
  }

  @EventPattern<string>('node', Transport.TCP)
  onOtherTransport(): void {
    hear('never');
  }
}

@Module({ controllers: [TelemetryController] })
class TelemetryModule {}

@Module({})
class EmptyModule {}

interface Running {
  readonly app: INestMicroservice;
  readonly server: BrokerServer;
}

const apps: INestMicroservice[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
  heard.length = 0;
  waiting.length = 0;
});

/** A Nest microservice over `broker`. */
async function run(
  broker: Broker,
  take: MessageListener = receive,
  module: new () => object = EmptyModule,
): Promise<Running> {
  const server = new BrokerServer({
    broker,
    channels: [NODE, BROADCAST, TELEMETRY],
    receive: take,
  });
  const app = await NestFactory.createMicroservice(module, { strategy: server, logger: false });
  apps.push(app);
  await app.listen();
  return { app, server };
}

async function connectedTo(hub: InProcessHub): Promise<Broker> {
  const broker = hub.broker('sender');
  await broker.connect();
  return broker;
}

describe('BrokerServer', () => {
  it.each([EmptyModule, TelemetryModule])(
    'gives every message and its channel to the one function, in order (%o)',
    async (module) => {
      const hub = new InProcessHub();
      await run(hub.broker('node'), receive, module);
      const sender = await connectedTo(hub);
      const sent = Array.from({ length: 200 }, (_, index) => `${index}`);
      for (const content of sent) {
        void sender.publish(Number(content) % 2 === 0 ? NODE : BROADCAST, bytes(content));
      }
      await untilHeard(sent.length);
      expect(heard).toEqual(
        sent.map((content) => `${Number(content) % 2 === 0 ? NODE : BROADCAST}: ${content}`),
      );
    },
  );

  it('gives the messages of a kind of channel to the handler declared for it', async () => {
    const hub = new InProcessHub();
    await run(hub.broker('node'), receive, TelemetryModule);
    const sender = await connectedTo(hub);
    await sender.publish(TELEMETRY, bytes(''));
    await sender.publish(TELEMETRY, bytes('bug'));
    await sender.publish(TELEMETRY, bytes('a'));
    await untilHeard(1);
    await sender.publish(NODE, bytes('b'));
    await untilHeard(2);
    expect(heard).toEqual([`report on ${TELEMETRY}: a`, `${NODE}: b`]);
  });

  it('gives them to the one function where no handler is declared', async () => {
    const hub = new InProcessHub();
    await run(hub.broker('node'));
    const sender = await connectedTo(hub);
    await sender.publish(TELEMETRY, bytes('a'));
    await untilHeard(1);
    expect(heard).toEqual([`${TELEMETRY}: a`]);
  });

  it('logs what the function throws, once a second, and goes on', async () => {
    const hub = new InProcessHub();
    const { server } = await run(hub.broker('node'), (channel, payload) => {
      if (text(payload) === 'bug') throw new Error('an ordinary bug');
      receive(channel, payload);
    });
    const logged = vi.spyOn(
      (server as unknown as { logger: { error(line: string): void } }).logger,
      'error',
    );
    const sender = await connectedTo(hub);
    for (const content of ['bug', 'bug', 'fine']) await sender.publish(NODE, bytes(content));
    await untilHeard(1);
    expect(heard).toEqual([`${NODE}: fine`]);
    expect(logged.mock.calls).toEqual([[expect.stringContaining('an ordinary bug')]]);
  });

  it.each(['InvariantViolation', 'AssertionError'])(
    'does not go on after a failed assertion (%s)',
    async (name) => {
      const broker = new InProcessHub().broker('node');
      const listeners: MessageListener[] = [];
      vi.spyOn(broker, 'onMessage').mockImplementation((listener) => {
        listeners.push(listener);
      });
      await run(broker, () => {
        throw Object.assign(new Error('two digests in one slot'), { name });
      });
      // What a listener throws ends the process: see `Broker.onMessage`.
      expect(() => listeners[0]?.(NODE, bytes('a'))).toThrow('two digests in one slot');
    },
  );

  it('fails to listen with the error of the broker', async () => {
    const hub = new InProcessHub();
    hub.setAvailable(false);
    await expect(run(hub.broker('node'))).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('closes the broker with the application, and handles nothing from then on', async () => {
    const hub = new InProcessHub();
    const broker = hub.broker('node');
    const { app } = await run(broker);
    const sender = await connectedTo(hub);
    void sender.publish(NODE, bytes('on its way'));
    await app.close();
    expect(broker.connected).toBe(false);
    expect(await sender.publish(NODE, bytes('late'))).toBe(0);
    await new Promise(setImmediate);
    expect(heard).toEqual([]);
  });

  it('reports the connection as Nest transports do', async () => {
    const hub = new InProcessHub();
    const broker = hub.broker('node');
    const { server, app } = await run(broker);
    const statuses: string[] = [];
    const connections: boolean[] = [];
    server.status.subscribe((status) => statuses.push(status));
    server.on('connection', (connected) => connections.push(connected));
    hub.setAvailable(false);
    hub.setAvailable(true);
    expect(statuses).toEqual(['connected', 'disconnected', 'connected']);
    expect(connections).toEqual([false, true]);
    expect(server.unwrap<Broker>()).toBe(broker);
    expect(app.unwrap<Broker>()).toBe(broker);
  });

  it('calls the hooks of instrumentation around declared handlers', async () => {
    const hub = new InProcessHub();
    const hooked: unknown[] = [];
    const { server } = await run(hub.broker('node'), receive, TelemetryModule);
    server.setOnProcessingStartHook((_transport, context, done) => {
      hooked.push(context);
      void done();
    });
    const sender = await connectedTo(hub);
    await sender.publish(TELEMETRY, bytes('a'));
    await untilHeard(1);
    expect(hooked).toEqual([new BrokerContext([TELEMETRY])]);
  });
});

@Module({
  providers: [
    { provide: InProcessHub, useValue: new InProcessHub() },
    {
      provide: BrokerServer,
      inject: [InProcessHub],
      useFactory: (hub: InProcessHub) =>
        new BrokerServer({ broker: hub.broker('node'), channels: [NODE], receive }),
    },
  ],
})
class HybridModule {}

describe('BrokerServer in an application that also serves HTTP', () => {
  it('is injected, handles messages within the delivery itself, and closes with it', async () => {
    const app = await NestFactory.create(HybridModule, new FastifyAdapter(), { logger: false });
    const server = app.get(BrokerServer);
    app.connectMicroservice<MicroserviceOptions>({ strategy: server });
    await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');
    const turns: string[] = [];
    const broker = server.unwrap<Broker>();
    broker.onMessage(() => turns.push(heard.join())); // after the server's own listener
    const sender = await connectedTo(app.get(InProcessHub));
    await sender.publish(NODE, bytes('a'));
    await untilHeard(1);
    await expect.poll(() => turns, { interval: 5 }).toEqual([`${NODE}: a`]);
    await app.close();
    expect(broker.connected).toBe(false);
  });
});

describe('BrokerServer over Redis', () => {
  let redis: Awaited<ReturnType<typeof startRedisServer>>;
  let admin: Redis;

  beforeAll(async () => {
    redis = await startRedisServer();
    admin = new Redis(redis.url);
  });
  afterAll(async () => {
    admin.disconnect();
    await redis.stop();
  });

  async function nodeConnections(): Promise<string[]> {
    const list = String(await admin.client('LIST'));
    return list.split('\n').filter((line) => line.includes('name=ccro:node:0 '));
  }

  it('serves and publishes over exactly one connection, gone after close', async () => {
    const broker = new RedisBroker({ url: redis.url, name: 'ccro:node:0' });
    const { app } = await run(broker);
    expect(await admin.publish(NODE, 'a')).toBe(1);
    expect(await broker.publish(BROADCAST, bytes('b'))).toBe(1);
    await untilHeard(2);
    expect(heard).toEqual([`${NODE}: a`, `${BROADCAST}: b`]);
    expect(await nodeConnections()).toHaveLength(1);
    expect((await nodeConnections())[0]).toMatch(/ sub=3 .* resp=3/);
    const all = String(await admin.client('LIST'))
      .trim()
      .split('\n');
    expect(all).toHaveLength(2); // the node's and the spec's own
    await app.close();
    expect(broker.connected).toBe(false);
    await expect.poll(nodeConnections, { interval: 5 }).toHaveLength(0);
  });

  it('receives invalid UTF-8 as it was sent', async () => {
    await run(new RedisBroker({ url: redis.url, name: 'ccro:node:0' }));
    await admin.publish(NODE, Buffer.from([0xff, 0x00, 0xfe]));
    await untilHeard(1);
    expect(heard).toEqual([`${NODE}: ${text(Uint8Array.of(0xff, 0x00, 0xfe))}`]);
  });

  it('serves again after an outage', async () => {
    const broker = new RedisBroker({ url: redis.url, name: 'ccro:node:0' });
    const { server } = await run(broker);
    const statuses: string[] = [];
    const back = new Promise<void>((resolve) => {
      server.status.subscribe((status) => {
        statuses.push(status);
        if (statuses.length === 3) resolve();
      });
    });
    await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await back;
    expect(await admin.publish(NODE, 'a')).toBe(1);
    await untilHeard(1);
    expect(statuses).toEqual(['connected', 'disconnected', 'connected']);
  });
});
