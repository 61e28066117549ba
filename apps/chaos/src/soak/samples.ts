/** What is measured while a soak runs. */

import { Redis } from 'ioredis';
import { pause } from '@ccro/clock';
import { type ProcessCluster, residentMemory } from '@ccro/process-cluster';
import { directorySize } from '@ccro/storage';

/** How far the load is. */
export interface SoFar {
  /** Milliseconds since it began. */
  readonly atMs: number;
  /** Requests answered as decided. */
  readonly decided: number;
}

/** Everything at one moment. */
export interface Sample extends SoFar {
  /** Resident bytes by process. */
  readonly memory: ReadonlyMap<string, number>;
  /** What Redis says it uses, in bytes. */
  readonly redisUsed: number | undefined;
  /** Bytes on disk by node. */
  readonly stores: ReadonlyMap<string, number>;
}

/** Samples until `stop` aborts, and once more then. */
export async function takeSamples(
  cluster: ProcessCluster,
  everyMs: number,
  soFar: () => SoFar,
  stop: AbortSignal,
): Promise<Sample[]> {
  const redis = new Redis(cluster.redis.url, { maxRetriesPerRequest: 1 });
  redis.on('error', () => {}); // then that sample lacks the figure
  const samples: Sample[] = [];
  try {
    for (;;) {
      const isLast = stop.aborted;
      const [memory, stores, redisUsed] = await Promise.all([
        memoryOf(cluster),
        storesOf(cluster),
        usedMemory(redis),
      ]);
      samples.push({ ...soFar(), memory, redisUsed, stores });
      if (isLast) return samples;
      await pause(everyMs, stop);
    }
  } finally {
    redis.disconnect();
  }
}

async function memoryOf(cluster: ProcessCluster): Promise<ReadonlyMap<string, number>> {
  const { nodes, gateways, redis } = cluster;
  const processes = [...nodes, ...gateways, { name: 'redis', pid: redis.pid }];
  const entries = await Promise.all(
    processes.map(async ({ name, pid }) => {
      const bytes = pid === undefined ? undefined : await residentMemory(pid);
      return bytes === undefined ? [] : [[name, bytes] as const];
    }),
  );
  return new Map(entries.flat());
}

async function storesOf(cluster: ProcessCluster): Promise<ReadonlyMap<string, number>> {
  const entries = await Promise.all(
    cluster.nodes.map(
      async ({ name }, id) => [name, await directorySize(cluster.storeOf(id))] as const,
    ),
  );
  return new Map(entries);
}

async function usedMemory(redis: Redis): Promise<number | undefined> {
  const info = await redis.info('memory').catch(() => '');
  const used = /^used_memory:(\d+)/m.exec(info)?.[1];
  return used === undefined ? undefined : Number(used);
}
