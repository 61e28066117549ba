import { Logger, Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { channelNames } from '@ccro/broker';
import { requireStateMachine } from '@ccro/cluster-config';
import {
  closeInTime,
  createHttpAdapter,
  dropUnusedConnections,
  guardSites,
  listenOnOneAddress,
  namesOf,
  ProblemFilter,
} from '@ccro/http';
import { holdConnections } from '@ccro/program';
import { BrokerServer } from '@ccro/transport';
import { ControlService } from './control/control.service.js';
import { ReplicaMetrics } from './metrics/replica-metrics.js';
import { StatusMetrics } from './metrics/status-metrics.js';
import { NODE_OPTIONS, type NodeOptions } from './node-options.js';
import { OPENED_STORE, openNodeStore, type OpenedStore } from './replica/opened-store.js';
import { ReplicaService } from './replica/replica.service.js';
import { StatusController } from './status/status.controller.js';
import { StatusService } from './status/status.service.js';
import { servePreprepare } from './submit/gateway-relay.js';

/** As the gateway takes: what a node is sent, it passes on. */
const MAX_BODY_BYTES = 128 * 1024;

/** One replica and its interfaces: the broker's channels and a little HTTP. */
@Module({})
class NodeModule {
  static forRoot(options: NodeOptions, opened: OpenedStore): DynamicModule {
    return {
      module: NodeModule,
      controllers: [StatusController],
      providers: [
        { provide: NODE_OPTIONS, useValue: options },
        { provide: OPENED_STORE, useValue: opened },
        { provide: APP_FILTER, useClass: ProblemFilter },
        ReplicaMetrics,
        ReplicaService,
        StatusService,
        StatusMetrics,
        ControlService,
      ],
    };
  }
}

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
 * beside it. The store is opened and the broker connected here, and both are closed with the node.
 *
 * @throws ConfigurationError when its state machine is not the cluster's; StoreError when the node must not start from its store; when the HTTP port is taken (code
 *   EADDRINUSE); when the broker cannot be reached
 */
export async function startNode(options: NodeOptions): Promise<NodeApp> {
  const { self, broker, facts, httpPort, host } = options;
  requireStateMachine(facts.stateMachine, options.stateMachine);
  const channels = channelNames(facts.cluster);
  const opened = await openNodeStore(options);
  const app = await createApp(options, opened);
  const replica = app.get(ReplicaService);
  const strategy = new BrokerServer({
    broker,
    channels: [channels.broadcast, channels.node(self)],
    receive: (channel, payload) => replica.receive(channel, payload),
  });
  app.connectMicroservice({ strategy }, { inheritAppConfig: true });
  const http = app.getHttpAdapter().getInstance();
  let url: string;
  try {
    holdConnections(app.getHttpServer(), (line) => new Logger(`node ${self}`).warn(line));
    await serveHttp(app, options);
    await app.startAllMicroservices();
    await app.init();
    // Not by `app.listen`: besides throwing that a port is taken it logs it, and once is enough.
    url = await listenOnOneAddress(http, { port: httpPort, host });
  } catch (error) {
    await app.close();
    throw error;
  }
  replica.start();
  return { id: self, url, app, close: () => app.close() };
}

async function createApp(
  options: NodeOptions,
  opened: OpenedStore,
): Promise<NestFastifyApplication> {
  try {
    return await NestFactory.create<NestFastifyApplication>(
      NodeModule.forRoot(options, opened),
      createHttpAdapter(MAX_BODY_BYTES),
      { abortOnError: false, bodyParser: false },
    );
  } catch (error) {
    await opened.store.close();
    throw error;
  }
}

async function serveHttp(
  app: NestFastifyApplication,
  { host, allowedHosts }: NodeOptions,
): Promise<void> {
  const http = app.getHttpAdapter().getInstance();
  guardSites(http, { hosts: allowedHosts ?? namesOf(host), origins: [] });
  dropUnusedConnections(http);
  closeInTime(http);
  await servePreprepare(app);
}
