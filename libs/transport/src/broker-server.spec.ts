import { InProcessHub, RedisBroker, type Broker } from '@ccro/broker';
import { startRedisServer } from '@ccro/redis-server';
import {
  Controller,
  Module,
  UseGuards,
  type CanActivate,
  type INestMicroservice,
} from '@nestjs/common';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import {
  Ctx,
  EventPattern,
  Payload,
  Transport,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BrokerContext } from './broker-context.js';
import {
  BrokerServer,
  type BrokerServerDependencies,
  type BrokerServerOptions,
} from './broker-server.js';
import { peekKind } from '@ccro/wire';

const bytes = (content: string): Uint8Array => new TextEncoder().encode(content);
const text = (payload: Uint8Array): string => new TextDecoder().decode(payload);
const NODE = 'ccro:{spec}:node:0';
const BROADCAST = 'ccro:{spec}:broadcast';

/** What the controllers below heard, in order; emptied after each test. */
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

class AllowAll implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
}

@Controller()
class VoteController {
  private readonly prefix = 'vote';

  @EventPattern<string>('vote')
  onVote(@Payload() payload: Uint8Array, @Ctx() context: BrokerContext): void {
    hear(`${this.prefix} on ${context.getChannel()}: ${text(payload)}`);
  }

  @EventPattern<string>('bytes')
  onBytes(payload: Uint8Array): void {
    hear(`bytes ${payload.length}`);
  }

  @EventPattern<readonly string[]>(['certificate', 'status'])
  async onEither(payload: Uint8Array): Promise<void> {
    await Promise.resolve();
    hear(`either ${text(payload)}`);
  }

  @EventPattern<string>('bug')
  onBug(): void {
    throw new Error('an ordinary bug');
  }

  @EventPattern<string>('async-bug')
  async onAsyncBug(): Promise<void> {
    await Promise.resolve();
    throw new Error('an ordinary bug, later');
  }

  @EventPattern<string>('assertion')
  onAssertion(): void {
    throw new InvariantViolation('two digests in one slot');
  }

  @EventPattern<string>('guarded')
  @UseGuards(AllowAll)
  onGuarded(@Payload() payload: Uint8Array): void {
    hear(`guarded ${text(payload)}`);
  }

  @EventPattern<string>('guarded-bug')
  @UseGuards(AllowAll)
  onGuardedBug(): void {
    hear('guarded bug');
    throw new Error('a bug behind a guard');
  }

  @EventPattern<string>('vote', Transport.TCP)
  onVoteByTcp(): void {
    hear('never');
  }

  @EventPattern<string>('*')
  onAnythingElse(payload: Uint8Array): void {
    hear(`else ${text(payload)}`);
  }
}

@Controller()
class SecondController {
  @EventPattern<string>('status')
  onStatus(payload: Uint8Array): void {
    hear(`second ${text(payload)}`);
  }
}

@Module({ controllers: [VoteController, SecondController] })
class HandlersModule {}

@Module({})
class EmptyModule {}

interface Running {
  readonly app: INestMicroservice;
  readonly server: BrokerServer;
  readonly fatal: unknown[];
}

const apps: INestMicroservice[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
  heard.length = 0;
  waiting.length = 0;
});

/** A Nest microservice whose server is made by Nest's own dependency injection. */
async function run(
  broker: Broker,
  path: 'direct' | 'nest' = 'direct',
  options: Partial<BrokerServerOptions> = {},
  module: new () => object = HandlersModule,
): Promise<Running> {
  const fatal: unknown[] = [];
  const useFactory = (modules: ModulesContainer): { strategy: BrokerServer } => {
    const dependencies: BrokerServerDependencies = {
      broker,
      stopProcess: (error) => fatal.push(error),
      ...(path === 'direct' ? { modules } : {}),
    };
    const peek = peekKind;
    const channels = [NODE, BROADCAST];
    return { strategy: new BrokerServer({ channels, peek, ...options }, dependencies) };
  };
  const app = await NestFactory.createMicroservice(module, {
    inject: [ModulesContainer],
    useFactory,
    logger: false,
  });
  apps.push(app);
  await app.listen();
  const server = (app as unknown as { getTransportServer(): BrokerServer }).getTransportServer();
  return { app, server, fatal };
}

async function connectedTo(hub: InProcessHub): Promise<Broker> {
  const broker = hub.broker('sender');
  await broker.connect();
  return broker;
}

describe.each(['direct', 'nest'] as const)('BrokerServer, handlers called the %s way', (path) => {
  it('gives the payload and its channel to the handler of its kind', async () => {
    const hub = new InProcessHub();
    await run(hub.broker('node'), path);
    const sender = await connectedTo(hub);
    await sender.publish(NODE, bytes('{"kind":"vote","view":1}'));
    await sender.publish(BROADCAST, bytes('{"kind":"bytes"}'));
    await untilHeard(2);
    expect(heard).toEqual([`vote on ${NODE}: {"kind":"vote","view":1}`, 'bytes 16']);
  });

  it('gives everything else to the fallback', async () => {
    const hub = new InProcessHub();
    const { server } = await run(hub.broker('node'), path);
    const sender = await connectedTo(hub);
    const garbage = ['', '{', 'null', '{"kind":"constructor"}', '{"kind":"unknown"}'];
    for (const content of garbage) await sender.publish(NODE, bytes(content));
    await untilHeard(garbage.length);
    expect(heard).toEqual(garbage.map((content) => `else ${content}`));
    expect(server.counts()).toEqual({ received: 5, unhandled: 0, failed: 0 });
  });

  it('calls all handlers of a pattern, and one handler for several patterns', async () => {
    const hub = new InProcessHub();
    await run(hub.broker('node'), path);
    const sender = await connectedTo(hub);
    await sender.publish(NODE, bytes('{"kind":"certificate"}'));
    await untilHeard(1);
    await sender.publish(NODE, bytes('{"kind":"status"}'));
    await untilHeard(3);
    expect(heard[0]).toBe('either {"kind":"certificate"}');
    expect(heard.slice(1).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'either {"kind":"status"}',
      'second {"kind":"status"}',
    ]);
  });

  it('goes on after a handler failed behind a guard', async () => {
    const hub = new InProcessHub();
    await run(hub.broker('node'), path);
    const sender = await connectedTo(hub);
    await sender.publish(NODE, bytes('{"kind":"guarded-bug"}'));
    await sender.publish(NODE, bytes('{"kind":"guarded"}'));
    await untilHeard(2);
    expect(heard).toEqual(['guarded bug', 'guarded {"kind":"guarded"}']);
  });

  it('keeps the order of messages', async () => {
    const hub = new InProcessHub();
    await run(hub.broker('node'), path);
    const sender = await connectedTo(hub);
    const sent = Array.from({ length: 200 }, (_, index) => `${index}`);
    for (const content of sent) void sender.publish(NODE, bytes(content));
    await untilHeard(sent.length);
    expect(heard).toEqual(sent.map((content) => `else ${content}`));
  });
});

describe('BrokerServer', () => {
  it('logs what a handler throws, now or later, and goes on', async () => {
    const hub = new InProcessHub();
    const { server, fatal } = await run(hub.broker('node'));
    const sender = await connectedTo(hub);
    for (const kind of ['bug', 'async-bug', 'bug', 'bytes']) {
      await sender.publish(NODE, bytes(`{"kind":"${kind}"}`));
    }
    await untilHeard(1);
    await expect.poll(() => server.counts().failed, { interval: 5 }).toBe(3);
    expect(fatal).toEqual([]);
  });

  it('stops the process when an assertion failed', async () => {
    const hub = new InProcessHub();
    const { fatal } = await run(hub.broker('node'));
    const sender = await connectedTo(hub);
    await sender.publish(NODE, bytes('{"kind":"assertion"}'));
    await expect.poll(() => fatal.length, { interval: 5 }).toBe(1);
    expect(fatal[0]).toBeInstanceOf(InvariantViolation);
  });

  it('lets the application say which errors are fatal', async () => {
    const hub = new InProcessHub();
    const isFatal = (error: unknown): boolean => error instanceof Error;
    const { fatal } = await run(hub.broker('node'), 'direct', { isFatal });
    const sender = await connectedTo(hub);
    await sender.publish(NODE, bytes('{"kind":"async-bug"}'));
    await expect.poll(() => fatal.length, { interval: 5 }).toBe(1);
  });

  it('counts what no handler is for', async () => {
    const hub = new InProcessHub();
    const { server } = await run(hub.broker('node'), 'direct', {}, EmptyModule);
    const sender = await connectedTo(hub);
    await sender.publish(NODE, bytes('{"kind":"vote"}'));
    await expect.poll(() => server.counts().unhandled, { interval: 5 }).toBe(1);
  });

  it('fails to listen with the error of the broker', async () => {
    const hub = new InProcessHub();
    hub.setAvailable(false);
    await expect(run(hub.broker('node'))).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('closes the broker with the application, unless told not to', async () => {
    const hub = new InProcessHub();
    const [own, shared] = [hub.broker('own'), hub.broker('shared')];
    const first = await run(own);
    const second = await run(shared, 'direct', { closesBroker: false });
    await first.app.close();
    await second.app.close();
    expect(own.connected).toBe(false);
    expect(shared.connected).toBe(true);
    const sender = await connectedTo(hub);
    expect(await sender.publish(NODE, bytes('{"kind":"bytes"}'))).toBe(1);
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

  it('calls the hooks of instrumentation', async () => {
    const hub = new InProcessHub();
    const hooked: unknown[] = [];
    const server = new BrokerServer(
      { channels: [NODE], peek: peekKind },
      { broker: hub.broker('node') },
    );
    server.setOnProcessingStartHook((_transport, context, done) => {
      hooked.push(context);
      void done();
    });
    const app = await NestFactory.createMicroservice(HandlersModule, {
      strategy: server,
      logger: false,
    });
    apps.push(app);
    await app.listen();
    const sender = await connectedTo(hub);
    await sender.publish(NODE, bytes('{"kind":"bytes"}'));
    await untilHeard(1);
    expect(hooked).toEqual([new BrokerContext([NODE])]);
  });
});

@Module({
  controllers: [VoteController],
  providers: [
    { provide: InProcessHub, useValue: new InProcessHub() },
    {
      provide: BrokerServer,
      inject: [InProcessHub, ModulesContainer],
      useFactory: (hub: InProcessHub, modules: ModulesContainer) =>
        new BrokerServer(
          { channels: [NODE], peek: peekKind },
          { broker: hub.broker('node'), modules },
        ),
    },
  ],
})
class HybridModule {}

describe('BrokerServer in an application that also serves HTTP', () => {
  it('is injected, calls handlers within the delivery itself, and closes with it', async () => {
    const app = await NestFactory.create(HybridModule, new FastifyAdapter(), { logger: false });
    const server = app.get(BrokerServer);
    app.connectMicroservice<MicroserviceOptions>({ strategy: server });
    await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');
    const turns: string[] = [];
    const broker = server.unwrap<Broker>();
    broker.onMessage(() => turns.push(heard.join())); // after the server's own listener
    const sender = await connectedTo(app.get(InProcessHub));
    await sender.publish(NODE, bytes('{"kind":"vote"}'));
    await untilHeard(1);
    await expect.poll(() => turns, { interval: 5 }).toEqual([`vote on ${NODE}: {"kind":"vote"}`]);
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
    expect(await admin.publish(NODE, '{"kind":"vote"}')).toBe(1);
    expect(await broker.publish(BROADCAST, bytes('{"kind":"status"}'))).toBe(1);
    await untilHeard(3);
    expect(heard[0]).toBe(`vote on ${NODE}: {"kind":"vote"}`);
    expect(await nodeConnections()).toHaveLength(1);
    expect((await nodeConnections())[0]).toMatch(/ sub=2 .* resp=3/);
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
    expect(heard).toEqual([`else ${text(Uint8Array.of(0xff, 0x00, 0xfe))}`]);
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
    expect(await admin.publish(NODE, '{"kind":"bytes"}')).toBe(1);
    await untilHeard(1);
    expect(statuses).toEqual(['connected', 'disconnected', 'connected']);
  });
});
