import { MAX_MESSAGE_BYTES } from '@ccro/wire';
import { InProcessHub, channelNames, nodeConnectionName, RedisBroker } from '@ccro/broker';
import { developmentCluster, developmentKey } from '@ccro/cluster-config';
import { startRedisServer } from '@ccro/redis-server';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { expect, it, describe, afterEach, onTestFinished, vi } from 'vitest';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNode, type NodeApp } from './node-app.js';
import { clusterFacts, type NodeOptions } from './node-options.js';
import type { NodeStatus } from './status/status.service.js';

const config = developmentCluster({ nodes: 4, mode: 'ccro' });
const channels = channelNames(config.cluster);
const running: NodeApp[] = [];

async function start(
  hub: InProcessHub,
  self: number,
  changed: Partial<NodeOptions> = {},
): Promise<NodeApp> {
  const node = await startNode({
    facts: clusterFacts(config),
    self,
    secretKey: developmentKey('node', self).secretKey,
    broker: hub.broker(nodeConnectionName(self)),
    storage: { durability: 'memory' },
    httpPort: 0,
    host: '127.0.0.1',
    faultInjection: false,
    onFatal: (error) => {
      throw error;
    },
    ...changed,
  });
  running.push(node);
  return node;
}

async function statusOf(node: NodeApp): Promise<NodeStatus> {
  return (await (await fetch(`${node.url}/status`)).json()) as NodeStatus;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((node) => node.close()));
});

describe('node app', () => {
  it('says who it is over HTTP', async () => {
    const node = await start(new InProcessHub(), 2);
    const status = await statusOf(node);
    expect(status).toMatchObject({
      id: 2,
      up: true,
      mode: 'ccro',
      stateMachine: null,
      role: 'communication',
      view: 0,
      primary: 0,
      collector: 2,
      lastExecuted: 0,
      tolerates: 1,
      durability: 'memory',
      fault: null,
      rejects: {},
    });
    expect((await fetch(`${node.url}/health/live`)).status).toBe(200);
    expect((await fetch(`${node.url}/health/ready`)).status).toBe(200);
    const metrics = await (await fetch(`${node.url}/metrics`)).text();
    expect(metrics).toContain('ccro_node_last_executed 0');
    expect(metrics).toContain('ccro_node_decisions_total{path="fast"} 0');
  });

  it('counts what it cannot use, by reason, and goes on', async () => {
    const hub = new InProcessHub();
    const node = await start(hub, 1);
    const outsider = hub.broker('outsider');
    await outsider.connect();
    for (const text of ['garbage', '{"kind":"vote"}', '{"kind":"nonsense"}', '']) {
      await outsider.publish(channels.node(1), Buffer.from(text));
    }
    await outsider.publish(channels.broadcast, Buffer.alloc(MAX_MESSAGE_BYTES + 1, 'x'));
    await vi.waitFor(async () => {
      expect((await statusOf(node)).rejects).toEqual({
        malformed: 3,
        'unknown-kind': 1,
        oversized: 1,
      });
    });
  });

  it('is not ready without its broker', async () => {
    const hub = new InProcessHub();
    const node = await start(hub, 1);
    hub.setAvailable(false);
    const refused = await fetch(`${node.url}/health/ready`);
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({
      type: 'urn:ccro:problem:not-ready',
      detail: 'the broker cannot be reached',
    });
    hub.setAvailable(true);
    expect((await fetch(`${node.url}/health/ready`)).status).toBe(200);
  });

  it('H8: warns when its broker goes away and when it is back', async () => {
    const lines: string[] = [];
    const note = (line: unknown): void => void lines.push(String(line));
    vi.spyOn(Logger.prototype, 'warn').mockImplementation(note);
    onTestFinished(() => void vi.restoreAllMocks());
    const hub = new InProcessHub();
    await start(hub, 1);
    hub.setAvailable(false);
    hub.setAvailable(true);
    expect(lines.filter((line) => line.startsWith('broker is'))).toEqual([
      'broker is away, waiting for it',
      'broker is back, asking what was missed',
    ]);
  });

  it('F5: is not ready while Redis lets it publish nothing, and says why', async () => {
    const redis = await startRedisServer();
    const admin = new Redis(redis.url);
    onTestFinished(async () => {
      admin.disconnect();
      await redis.stop();
    });
    await admin.call('ACL', 'SETUSER', 'n', 'on', '>pw', '~*', '&*', '+@all');
    const url = redis.url.replace('redis://', 'redis://n:pw@');
    const broker = new RedisBroker({ url, name: nodeConnectionName(1) });
    const node = await start(new InProcessHub(), 1, { broker });
    const ready = (): Promise<Response> => fetch(`${node.url}/health/ready`);
    expect((await ready()).status).toBe(200);
    await admin.call('ACL', 'SETUSER', 'n', '-publish');
    await vi.waitFor(async () => expect((await ready()).status).toBe(503), { timeout: 9000 });
    expect(await (await ready()).text()).toMatch(/Redis: NOPERM .*keygen --redis-acl/);
    await admin.call('ACL', 'SETUSER', 'n', '+publish');
    await vi.waitFor(async () => expect((await ready()).status).toBe(200), { timeout: 9000 });
    await node.close();
    running.splice(running.indexOf(node), 1);
  }, 20_000);

  it('refuses a taken port', async () => {
    const hub = new InProcessHub();
    const first = await start(hub, 0);
    const port = Number(new URL(first.url).port);
    await expect(start(hub, 1, { httpPort: port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('node app with a state machine of its users', () => {
  const stateMachine = { name: 'echo', version: '1', operations: { echo: () => null } };
  const facts = { ...clusterFacts(config), stateMachine: 'echo@1' };

  it('says which', async () => {
    const node = await start(new InProcessHub(), 1, { facts, stateMachine });
    expect(await statusOf(node)).toMatchObject({ stateMachine: 'echo@1' });
  });

  it('refuses one that its cluster does not run', async () => {
    const hub = new InProcessHub();
    await expect(start(hub, 1, { facts })).rejects.toThrow('STATE_MACHINE is missing');
    await expect(start(hub, 1, { stateMachine })).rejects.toThrow('the cluster file does not name');
  });
});

describe('node app with a durable store', () => {
  async function durable(): Promise<Pick<NodeOptions, 'storage'>> {
    const directory = await mkdtemp(join(tmpdir(), 'ccro-node-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    return { storage: { durability: 'fsync', directory } };
  }

  it('says how durable it is', async () => {
    const node = await start(new InProcessHub(), 1, await durable());
    expect(await statusOf(node)).toMatchObject({ durability: 'fsync', lastExecuted: 0 });
    const metrics = await (await fetch(`${node.url}/metrics`)).text();
    expect(Number(/^ccro_node_store_bytes (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThan(0);
    expect(metrics).toContain('durability="fsync"');
  });

  it('closes its store with the node, so that it can be opened again', async () => {
    const options = await durable();
    const hub = new InProcessHub();
    const first = await start(hub, 1, options);
    await expect(start(hub, 1, options)).rejects.toMatchObject({
      name: 'StoreError',
      code: 'locked',
    });
    await first.close();
    await (await start(hub, 1, options)).close();
  });

  it('closes its store when it cannot start for another reason', async () => {
    const options = await durable();
    const hub = new InProcessHub();
    const httpPort = Number(new URL((await start(hub, 0)).url).port);
    await expect(start(hub, 1, { ...options, httpPort })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    expect(await statusOf(await start(hub, 1, options))).toMatchObject({ id: 1 });
  });

  it('is not started from the store of another node', async () => {
    const options = await durable();
    const hub = new InProcessHub();
    await (await start(hub, 1, options)).close();
    await expect(start(hub, 2, options)).rejects.toMatchObject({ code: 'foreign' });
  });
});
