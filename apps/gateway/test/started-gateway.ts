import { Logger } from '@nestjs/common';
import { InProcessHub } from '@ccro/broker';
import { developmentCluster, developmentKey, GATEWAY_CLIENT } from '@ccro/cluster-config';
import { startGateway, type GatewayApp } from '../src/gateway-app.js';
import type { GatewayOptions } from '../src/settings/gateway.options.js';
import { ScriptedCluster } from './scripted-cluster.js';

Logger.overrideLogger(['warn', 'error', 'fatal']);

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A gateway with its scripted cluster, listening on a free port. */
export interface StartedGateway {
  readonly cluster: ScriptedCluster;
  readonly gateway: GatewayApp;
  readonly hub: InProcessHub;
  readonly call: (method: string, path: string, options?: CallOptions) => Promise<Answer>;
  readonly close: () => Promise<void>;
}

export interface CallOptions {
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, as application/json unless `headers` say otherwise. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const running: StartedGateway[] = [];

/** Closes every gateway that a test started. */
export async function closeStarted(): Promise<void> {
  await Promise.all(running.splice(0).map((each) => each.close()));
}

/** Starts a gateway over an in-process broker, until `closeStarted`. */
export async function startedGateway(
  options: Partial<GatewayOptions> & { nodes?: number; mode?: 'ccro' | 'pbft' } = {},
): Promise<StartedGateway> {
  const { nodes = 4, mode = 'ccro', ...rest } = options;
  const config = developmentCluster({ nodes, mode, cluster: 'gateway-spec' });
  const hub = new InProcessHub();
  const cluster = new ScriptedCluster(config, hub);
  await cluster.start();
  const gateway = await startGateway({
    config,
    clientId: GATEWAY_CLIENT,
    secretKey: developmentKey('client', GATEWAY_CLIENT).secretKey,
    broker: hub.broker(`ccro:gateway:${GATEWAY_CLIENT}`),
    nodeTimeoutMs: 200,
    ...rest,
    port: 0,
    host: '127.0.0.1',
  });
  const started: StartedGateway = {
    cluster,
    gateway,
    hub,
    call: (method, path, callOptions) => call(gateway.url, method, path, callOptions),
    close: async () => {
      await gateway.close();
      await cluster.close();
    },
  };
  running.push(started);
  return started;
}

async function call(
  url: string,
  method: string,
  path: string,
  { json, text, headers = {} }: CallOptions = {},
): Promise<Answer> {
  const body = text ?? (json === undefined ? undefined : JSON.stringify(json));
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { ...type, ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const answer = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return {
    status: response.status,
    headers: response.headers,
    body: (isJson ? JSON.parse(answer) : { text: answer }) as Answer['body'],
  };
}
