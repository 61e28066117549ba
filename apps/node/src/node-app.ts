import { ModulesContainer, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { channelNames } from '@ccro/broker';
import { BrokerServer } from '@ccro/transport';
import { peekKind } from '@ccro/wire';
import { NodeModule } from './node.module.js';
import type { NodeOptions } from './node-options.js';
import { ReplicaService } from './replica/replica.service.js';

/** A running node. */
export interface NodeApp {
  readonly id: number;
  /** Base URL of its HTTP interface. */
  readonly url: string;
  readonly app: NestFastifyApplication;
  close(): Promise<void>;
}

/**
 * Starts one node: a Nest microservice over the broker's one connection, with a little HTTP
 * beside it. The broker is connected here and closed with the node.
 *
 * @throws when the HTTP port is taken (code EADDRINUSE) or the broker cannot be reached
 */
export async function startNode(options: NodeOptions): Promise<NodeApp> {
  const { self, broker, facts, httpPort, host } = options;
  const channels = channelNames(facts.cluster);
  const app = await NestFactory.create<NestFastifyApplication>(
    NodeModule.forRoot(options),
    new FastifyAdapter(),
    { abortOnError: false, forceCloseConnections: true },
  );
  const strategy = new BrokerServer(
    { channels: [channels.broadcast, channels.node(self)], peek: peekKind },
    { broker, modules: app.get(ModulesContainer) },
  );
  app.connectMicroservice({ strategy }, { inheritAppConfig: true });
  let url: string;
  try {
    await app.startAllMicroservices();
    await app.init();
    // Not by `app.listen`: besides throwing that a port is taken it logs it, and once is enough.
    url = await app.getHttpAdapter().getInstance().listen({ port: httpPort, host });
  } catch (error) {
    await app.close();
    throw error;
  }
  app.get(ReplicaService).start();
  return { id: self, url, app, close: () => app.close() };
}
