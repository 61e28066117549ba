import { developmentCluster } from '@ccro/cluster-config';
import { startRedisServer, type RedisServer } from '@ccro/redis-server';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { gatewayUserUrl } from '../../../test/gateway-user.js';
import { ScriptedMeasurer } from '../../../test/scripted-measurer.js';
import { DurableExperimentQueue } from './durable-experiment-queue.js';
import {
  describeExperimentQueueContract,
  PATIENCE_MS,
  planFor,
  reaching,
} from './experiment-queue.contract.js';

let redis: RedisServer;
let admin: Redis;
let clusters = 0;
const opened: DurableExperimentQueue[] = [];

beforeAll(async () => {
  redis = await startRedisServer();
  admin = new Redis(redis.url);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((queue) => queue.close()));
});
afterAll(async () => {
  admin.disconnect();
  await redis.stop();
});

interface Gateway {
  readonly queue: DurableExperimentQueue;
  readonly measurer: ScriptedMeasurer;
  readonly log: readonly string[];
}

it('H6, sibling: BullMQ prints nothing of its own about a Redis that would evict if it had a limit', async () => {
  const printed = vi.spyOn(console, 'warn').mockReturnValue();
  onTestFinished(async () => {
    printed.mockRestore();
    await admin.config('SET', 'maxmemory-policy', 'noeviction');
  });
  await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
  const { queue } = await openGateway(newCluster());
  const { id } = await queue.add(planFor(4));
  await reaching(queue, id, 'completed');
  expect(printed).not.toHaveBeenCalled();
});

async function openGateway(
  cluster: string,
  { forgetAtClose = false, stuckAt = 0 } = {},
): Promise<Gateway> {
  const measurer = new ScriptedMeasurer();
  measurer.stuckAt = stuckAt;
  const log: string[] = [];
  const note = (line: unknown): void => void log.push(String(line));
  const queue = new DurableExperimentQueue(
    { url: await urlFor(cluster), ca: undefined, cluster, clientId: 'gateway', forgetAtClose },
    { createMeasurer: () => measurer, logger: { log: note, warn: note } },
  );
  opened.push(queue);
  await queue.open();
  return { queue, measurer, log };
}

/** Redis as the user that the gateway of a cluster is given. */
function urlFor(cluster: string): Promise<string> {
  const config = developmentCluster({ nodes: 4, mode: 'ccro', cluster });
  return gatewayUserUrl(config, admin, redis.url);
}

function newCluster(): string {
  clusters += 1;
  return `experiments-${clusters}`;
}

describeExperimentQueueContract('DurableExperimentQueue', async (measurer) => {
  const cluster = newCluster();
  const url = await urlFor(cluster);
  return new DurableExperimentQueue(
    { url, ca: undefined, cluster, clientId: 'gateway', forgetAtClose: false },
    { createMeasurer: () => measurer, logger: { log: () => undefined, warn: () => undefined } },
  );
});

describe('experiments of one cluster', () => {
  it('go on after a restart where they were', async () => {
    const cluster = newCluster();
    const first = await openGateway(cluster, { stuckAt: 7 });
    const done = await first.queue.add(planFor(4));
    await reaching(first.queue, done.id, 'completed');
    const { id } = await first.queue.add(planFor(4, 7, 10));
    await vi.waitFor(() => expect(first.measurer.begun).toHaveLength(5), { timeout: PATIENCE_MS });
    await first.queue.close();

    const second = await openGateway(cluster);
    const ended = await reaching(second.queue, id, 'completed');
    expect(ended.rows).toHaveLength(6);
    expect(second.measurer.begun.map(({ nodes }) => nodes)).toEqual([7, 7, 10, 10]);
    expect(second.log).toEqual([`Experiment ${id} goes on after 2 cells`]);
    expect((await second.queue.find(done.id))?.rows).toHaveLength(2);
  });

  it('are cancelled by whichever gateway is asked', async () => {
    const cluster = newCluster();
    const measuring = await openGateway(cluster, { stuckAt: 4 });
    const { id } = await measuring.queue.add(planFor(4));
    await reaching(measuring.queue, id, 'running');
    const other = await openGateway(cluster);
    const askedMs = performance.now();
    expect(await other.queue.cancel(id)).toMatchObject({ state: 'cancelled' });
    expect(performance.now() - askedMs).toBeLessThan(1000);
    expect(measuring.measurer.underWay).toBe(0);
    expect(other.measurer.begun).toEqual([]);
  });

  it('lose no row when the connections to Redis break', async () => {
    const { queue, measurer } = await openGateway(newCluster());
    let release = (): void => undefined;
    measurer.heldUntil = new Promise((resolve) => (release = resolve));
    const { id } = await queue.add(planFor(4, 7));
    await vi.waitFor(() => expect(measurer.underWay).toBe(1), { timeout: PATIENCE_MS });
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    release();
    const { rows } = await reaching(queue, id, 'completed');
    expect(rows.map(({ nodes }) => nodes)).toEqual([4, 4, 7, 7]);
    expect(measurer.begun).toHaveLength(4);
  });

  it('leave nothing in Redis when the cluster is to be forgotten', async () => {
    const cluster = newCluster();
    const { queue, measurer } = await openGateway(cluster, { forgetAtClose: true, stuckAt: 7 });
    const { id } = await queue.add(planFor(4));
    await reaching(queue, id, 'completed');
    await queue.add(planFor(7));
    await queue.add(planFor(4));
    await vi.waitFor(() => expect(measurer.underWay).toBe(1), { timeout: PATIENCE_MS });
    expect(await admin.keys(`ccro-experiments:{${cluster}}:*`)).not.toEqual([]);
    await queue.close();
    expect(await admin.keys(`ccro-experiments:{${cluster}}:*`)).toEqual([]);
  });

  it('are told from jobs that no gateway wrote', async () => {
    const cluster = newCluster();
    const prefix = `ccro-experiments:{${cluster}}`;
    const foreign = new Queue('experiments', { connection: admin, prefix });
    await foreign.add('nonsense', { plan: 'all of them' });
    const { queue, log } = await openGateway(cluster);
    await vi.waitFor(async () => expect(await foreign.getFailedCount()).toBe(1), {
      timeout: PATIENCE_MS,
    });
    expect(log.join()).toContain('no gateway wrote');
    expect(await queue.list()).toEqual([]);
    const { id } = await queue.add(planFor(4));
    await reaching(queue, id, 'completed');
  });

  it('take no more of Redis than the user of the gateway may', async () => {
    const { queue } = await openGateway(newCluster());
    const { id } = await queue.add(planFor(4));
    await reaching(queue, id, 'completed');
    await queue.close();
    // All of this file's queues.
    expect(await admin.acl('LOG')).toEqual([]);
  });
});
