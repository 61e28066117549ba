import fastifyCors from '@fastify/cors';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { CcroClient } from '@ccro/client';
import {
  closeInTime,
  createHttpAdapter,
  dropUnusedConnections,
  guardSites,
  listenOnOneAddress,
  namesOf,
} from '@ccro/http';
import { holdConnections } from '@ccro/program';
import { BrokerServer } from '@ccro/transport';
import type { FastifyInstance } from 'fastify';
import { GatewayModule } from './gateway.module.js';
import { guardRoutes } from './auth/auth-hook.js';
import { callerOf } from './auth/caller.js';
import { Relays } from './connection/relays.js';
import {
  GATEWAY_SETTINGS,
  MAX_BODY_BYTES,
  type GatewayOptions,
  type GatewaySettings,
} from './settings/gateway.options.js';
import { registerMetrics } from './metrics/gateway-metrics.js';
import { countAnswers } from './metrics/http-metrics.js';
import { refuseWhenFull } from './requests/overload-hook.js';
import { serveOpenApi } from './openapi/openapi.js';
import { serveQueueBoard } from './queue-board/queue-board.js';
import { Page } from './page/page.js';

/** Connections that may wait for a busy gateway, where the system allows as many: a caller whose
 * connection is dropped tries again after a second at the earliest. */
const BACKLOG = 4096;

/** Where the gateway listens. */
export interface ListenOptions {
  /** 0: any free one. */
  readonly port: number;
  readonly host: string;
}

/** A running gateway. */
export interface GatewayApp {
  /** Base URL of its HTTP interface. */
  readonly url: string;
  readonly app: NestFastifyApplication;
  /** Answers the calls under way, then closes HTTP and the broker. */
  close(): Promise<void>;
}

/**
 * Starts a gateway, a hybrid Nest application: HTTP for users, and a microservice over the broker's
 * one connection for the cluster. The broker is connected here and closed with the application.
 *
 * @throws BrokerError when the broker cannot be reached, or an error with code EADDRINUSE when the
 *   port is taken; then nothing stays open
 */
export async function startGateway(options: GatewayOptions & ListenOptions): Promise<GatewayApp> {
  const app = await NestFactory.create<NestFastifyApplication>(
    GatewayModule.forRoot(options),
    createHttpAdapter(MAX_BODY_BYTES, (request) => callerOf(request).name),
    { abortOnError: false, bodyParser: false },
  );
  connectCluster(app, options);
  try {
    registerMetrics(app);
    const showQueues = await serveHttp(app, options);
    await app.startAllMicroservices();
    await app.init();
    showQueues();
    // Not by `app.listen`: besides throwing that a port is taken it logs it, and once is enough.
    const { port, host } = options;
    const http = app.getHttpAdapter().getInstance();
    const url = await listenOnOneAddress(http, { port, host, backlog: BACKLOG });
    return { url, app, close: () => app.close() };
  } catch (error) {
    await app.close();
    throw error;
  }
}

function connectCluster(app: NestFastifyApplication, { broker }: GatewayOptions): void {
  const client = app.get(CcroClient);
  const relays = app.get(Relays);
  app.connectMicroservice<MicroserviceOptions>({
    strategy: new BrokerServer({
      broker,
      // Those of clients whose requests the gateway carries are added later.
      channels: [client.inbox],
      receive: (channel, payload) => {
        if (channel === client.inbox) client.receive(payload);
        else relays.receive(channel, payload);
      },
    }),
  });
}

/**
 * Adds what is not in Nest's controllers, in the order in which calls meet it.
 *
 * @returns what puts the queue on its board once it is open
 */
async function serveHttp(
  app: NestFastifyApplication,
  { host }: ListenOptions,
): Promise<() => void> {
  const settings = app.get<GatewaySettings>(GATEWAY_SETTINGS);
  const { apiKeys, rateLimit, corsOrigins, allowedHosts } = settings;
  const http = app.getHttpAdapter().getInstance();
  countAnswers(app);
  // A key is no cookie: no page of another site makes a browser send it.
  if (apiKeys === undefined || allowedHosts !== undefined) {
    guardSites(http, { hosts: allowedHosts ?? namesOf(host), origins: corsOrigins });
  }
  if (corsOrigins.length > 0) await allowOrigins(http, corsOrigins);
  // The page asks for the key itself.
  app.get(Page).serve(app);
  guardRoutes(app, { apiKeys, rateLimit });
  serveOpenApi(app);
  refuseWhenFull(app);
  holdConnections(app.getHttpServer(), (line) => new Logger('gateway').warn(line));
  dropUnusedConnections(http);
  closeInTime(http);
  return serveQueueBoard(app);
}

/**
 * Lets pages of other sites call from browsers. To be called before anything but what refuses
 * sites can answer.
 */
async function allowOrigins(http: FastifyInstance, corsOrigins: readonly string[]): Promise<void> {
  await http.register(fastifyCors, {
    origin: [...corsOrigins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
    exposedHeaders: ['location', 'retry-after', 'www-authenticate'],
    maxAge: 600,
  });
}
