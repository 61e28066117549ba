import { InProcessHub, channelNames, nodeConnectionName } from '@ccro/broker';
import { developmentCluster, developmentKey } from '@ccro/cluster-config';
import { expect, it, describe, afterEach, vi } from 'vitest';
import { clusterFacts } from './cluster-facts.js';
import { startNode, type NodeApp } from './node-app.js';
import type { NodeStatus } from './status/status.service.js';

const config = developmentCluster({ nodes: 4, mode: 'ccro' });
const channels = channelNames(config.cluster);
const running: NodeApp[] = [];

async function start(hub: InProcessHub, self: number): Promise<NodeApp> {
  const node = await startNode({
    facts: clusterFacts(config),
    self,
    secretKey: developmentKey('node', self).secretKey,
    broker: hub.broker(nodeConnectionName(self)),
    httpPort: 0,
    host: '127.0.0.1',
    faultInjection: false,
    onFatal: (error) => {
      throw error;
    },
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
      role: 'communication',
      view: 0,
      primary: 0,
      collector: 2,
      lastExecuted: 0,
      tolerates: 1,
      fault: null,
      rejects: {},
    });
    expect((await fetch(`${node.url}/health/live`)).status).toBe(200);
    expect((await fetch(`${node.url}/health/ready`)).status).toBe(200);
    expect(await (await fetch(`${node.url}/metrics`)).text()).toContain(
      'ccro_node_last_executed 0',
    );
  });

  it('counts what it cannot use, by reason, and goes on', async () => {
    const hub = new InProcessHub();
    const node = await start(hub, 1);
    const outsider = hub.broker('outsider');
    await outsider.connect();
    for (const text of ['garbage', '{"kind":"vote"}', '{"kind":"nonsense"}', '']) {
      await outsider.publish(channels.node(1), Buffer.from(text));
    }
    await outsider.publish(channels.broadcast, Buffer.alloc(3 * 1024 * 1024, 'x'));
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
    expect((await fetch(`${node.url}/health/ready`)).status).toBe(503);
    hub.setAvailable(true);
    expect((await fetch(`${node.url}/health/ready`)).status).toBe(200);
  });

  it('refuses a taken port', async () => {
    const hub = new InProcessHub();
    const first = await start(hub, 0);
    const port = Number(new URL(first.url).port);
    await expect(
      startNode({
        facts: clusterFacts(config),
        self: 1,
        secretKey: developmentKey('node', 1).secretKey,
        broker: hub.broker(nodeConnectionName(1)),
        httpPort: port,
        host: '127.0.0.1',
        faultInjection: false,
        onFatal: () => undefined,
      }),
    ).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
