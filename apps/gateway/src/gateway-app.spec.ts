import { Logger } from '@nestjs/common';
import { InProcessHub } from '@ccro/broker';
import { developmentCluster, developmentKey, GATEWAY_CLIENT } from '@ccro/cluster-config';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { expectProblem } from '../test/expect-problem.js';
import { ScriptedCluster } from '../test/scripted-cluster.js';
import { closeStarted, startedGateway as start, type Answer } from '../test/started-gateway.js';
import { startGateway } from './gateway-app.js';

afterEach(closeStarted);

describe('GET /', () => {
  it('says where things are', async () => {
    const { call } = await start();
    const { status, body } = await call('GET', '/');
    expect(status).toBe(200);
    // The events do not end; they have a spec of their own.
    const { requests, events, ...readable } = body.links as Record<string, string>;
    expect({ requests, events }).toEqual({ requests: '/requests', events: '/events' });
    for (const path of Object.values(readable)) {
      expect({ path, status: (await call('GET', path)).status }).toEqual({ path, status: 200 });
    }
  });
});

describe('health', () => {
  it('is live and ready', async () => {
    const { call } = await start();
    expect(await call('GET', '/health/live')).toMatchObject({
      status: 200,
      body: { status: 'ok' },
    });
    expect(await call('GET', '/health/ready')).toMatchObject({
      status: 200,
      body: { status: 'ok', nodes: { up: 4, required: 3 } },
    });
  });

  it('is live, not ready, without a quorum or without a broker', async () => {
    const { call, cluster, hub } = await start();
    for (const replica of [1, 2]) cluster.scripts[replica] = { offline: true };
    const answer = await call('GET', '/health/ready');
    expectProblem(answer, 503, 'quorum-unreachable');
    expect(answer.body.nodes).toEqual({ up: 2, required: 3 });
    hub.setAvailable(false);
    expectProblem(await call('GET', '/health/ready'), 503, 'broker-unreachable');
    expect((await call('GET', '/health/live')).status).toBe(200);
  });
});

describe('D7: a gateway with another cluster file', () => {
  const other = ['clientWindow:0000000000000000'];
  const says = {
    answer: (_: unknown, honest: unknown) => ({ ...(honest as object), settings: other }),
  };

  it('D7: is not ready once f + 1 nodes say so, and says in what it differs', async () => {
    const { call, cluster } = await start();
    cluster.scripts[0] = says;
    expect((await call('GET', '/health/ready')).status).toBe(200);
    cluster.scripts[3] = says;
    let body: Answer['body'] = {};
    await vi.waitFor(async () => {
      const answer = await call('GET', '/health/ready');
      expectProblem(answer, 503, 'settings-differ');
      ({ body } = answer);
    });
    expect(body.settings).toContain('clientWindow');
    expect(body.detail).toMatch(/another cluster file .* clientWindow/);
    cluster.scripts[3] = {};
    await vi.waitFor(async () => expect((await call('GET', '/health/ready')).status).toBe(200));
  });

  it('D7: has it in its log as soon as it starts', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    const hub = new InProcessHub();
    const config = developmentCluster({ nodes: 4, mode: 'ccro', cluster: 'gateway-spec' });
    const nodes = new ScriptedCluster({ ...config, tuning: { clientWindow: 16 } }, hub);
    await nodes.start();
    const gateway = await startGateway({
      config,
      clientId: GATEWAY_CLIENT,
      secretKey: developmentKey('client', GATEWAY_CLIENT).secretKey,
      broker: hub.broker(`ccro:gateway:${GATEWAY_CLIENT}`),
      port: 0,
      host: '127.0.0.1',
    });
    const said = expect.stringMatching(
      /another cluster file than this client, with other clientWindow/,
    );
    await vi.waitFor(() => expect(warn).toHaveBeenCalledWith(said));
    await gateway.close();
    await nodes.close();
    warn.mockRestore();
  });
});

describe('GET /metrics', () => {
  it('counts decisions, latency, pending requests, rejects and deliveries', async () => {
    const { call, cluster, hub } = await start();
    await call('POST', '/requests', { json: { data: 1 } });
    cluster.stalled = true;
    await call('POST', '/requests', { json: { data: 2 }, headers: { prefer: 'respond-async' } });
    const stranger = hub.broker('stranger');
    await stranger.connect();
    await stranger.publish('ccro:{gateway-spec}:client:gateway', Buffer.from('garbage'));
    await stranger.close();
    const { headers, body } = await call('GET', '/metrics');
    expect(headers.get('content-type')).toContain('text/plain');
    for (const line of [
      'ccro_gateway_requests{status="decided"} 1',
      'ccro_gateway_requests{status="pending"} 1',
      'ccro_gateway_consensus_seconds_count 1',
      'ccro_gateway_rejects_total{reason="malformed"} 1',
      // Four nodes were asked which timestamps they executed before the two requests.
      'ccro_gateway_broker_total{what="deliveries"} 6',
      'ccro_gateway_broker_connected 1',
    ]) {
      expect(body.text).toContain(line);
    }
  });
});

describe('/docs', () => {
  it('describes every route and every kind of error', async () => {
    const { call } = await start();
    expect((await call('GET', '/docs')).headers.get('content-type')).toContain('text/html');
    const { body } = await call('GET', '/docs-json');
    expect(Object.keys(body.paths as object).sort()).toEqual([
      '/',
      '/cluster',
      '/comparison',
      '/events',
      '/experiments',
      '/experiments/{id}',
      '/experiments/{id}/messages.svg',
      '/experiments/{id}/results.csv',
      '/experiments/{id}/results.json',
      '/experiments/{id}/time.svg',
      '/health/live',
      '/health/ready',
      '/kv/{key}',
      '/ledger',
      '/ledger/{sequence}',
      '/metrics',
      '/nodes',
      '/nodes/{id}/fault',
      '/nodes/{id}/status',
      '/preprepare',
      '/requests',
      '/requests/batch',
      '/requests/signed',
      '/requests/{id}',
      '/requests/{id}/receipt',
      '/status',
    ]);
    const text = JSON.stringify(body);
    expect(text).toContain('urn:ccro:problem:decision-timeout');
    expect(text).toContain('Idempotency-Key');
    expect(text).toContain('"operation"');
  });
});

describe('starting', () => {
  const config = developmentCluster({ nodes: 4, mode: 'ccro', cluster: 'gateway-spec' });
  const options = {
    config,
    clientId: 'gateway',
    secretKey: developmentKey('client', 'gateway').secretKey,
    host: '127.0.0.1',
  };

  it('fails on a taken port and leaves nothing open', async () => {
    const { gateway } = await start();
    const port = Number(new URL(gateway.url).port);
    const broker = new InProcessHub().broker('ccro:gateway:gateway');
    await expect(startGateway({ ...options, broker, port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    expect(broker.connected).toBe(false);
  });

  it('fails when the broker cannot be reached', async () => {
    const hub = new InProcessHub();
    hub.setAvailable(false);
    const broker = hub.broker('ccro:gateway:gateway');
    await expect(startGateway({ ...options, broker, port: 0 })).rejects.toMatchObject({
      code: 'unreachable',
    });
  });
});
