/** A cluster of separate processes with a client here, and what all of them use up. */

import type { CcroClient } from '@ccro/client';
import { Quit } from '@ccro/clock';
import { increase } from '@ccro/figures';
import {
  connectClient,
  cpuMilliseconds,
  ProcessCluster,
  type ClusterPlan,
  type ConnectedClient,
} from '@ccro/process-cluster';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** Without gateways, and with the runtime's own limit of the heap, unless given. */
export type MeasuredPlan = Pick<ClusterPlan, 'nodes' | 'mode' | 'durability' | 'faults'> &
  Partial<Pick<ClusterPlan, 'gateways' | 'heapMegabytes'>>;

/** Sums since the cluster was started. */
export interface Usage {
  readonly nodesCpuMs: number;
  readonly gatewaysCpuMs: number;
  readonly redisCpuMs: number;
  /** Of this process: client and load. */
  readonly ownCpuMs: number;
  /** Of everything that nodes and the client here published. */
  readonly deliveries: number;
  readonly bytes: number;
  /** Slots that node 0 decided in one round of votes, and in two. */
  readonly fast: number;
  readonly slow: number;
}

const statusSchema = z.looseObject({
  view: z.number(),
  traffic: z.looseObject({ deliveries: z.number(), deliveredBytes: z.number() }),
  decisions: z.looseObject({ fast: z.number(), slow: z.number() }),
});

let started = 0;

export class MeasuredCluster {
  private constructor(
    readonly processes: ProcessCluster,
    private readonly connected: ConnectedClient,
    private readonly directory: string,
    private readonly failures: readonly string[],
    /** Aborts when the user quits, or a process ended that should not have. */
    readonly stop: AbortSignal,
  ) {}

  /**
   * Runs `measure` with a cluster that is closed afterwards, whatever happens.
   *
   * @param directory a new one below it holds keys, stores and logs while the cluster runs
   * @throws Quit when `quit` aborts; an error with a process's last output when one ended by itself
   */
  static async use<T>(
    plan: MeasuredPlan,
    directory: string,
    quit: AbortSignal,
    measure: (cluster: MeasuredCluster) => Promise<T>,
  ): Promise<T> {
    if (quit.aborted) throw new Quit();
    const stopping = new AbortController();
    const onQuit = (): void => stopping.abort();
    quit.addEventListener('abort', onQuit, { once: true });
    let cluster: MeasuredCluster | undefined;
    try {
      cluster = await MeasuredCluster.start(plan, directory, stopping);
      return await measure(cluster);
    } catch (error) {
      const failure = cluster?.failures[0];
      if (quit.aborted || failure === undefined) throw error;
      throw new Error(failure, { cause: error });
    } finally {
      quit.removeEventListener('abort', onQuit);
      await cluster?.close();
    }
  }

  private static async start(
    plan: MeasuredPlan,
    parent: string,
    stopping: AbortController,
  ): Promise<MeasuredCluster> {
    started += 1;
    const directory = join(parent, `cluster-${started}`);
    const failures: string[] = [];
    const processes = await ProcessCluster.start(
      {
        gateways: 0,
        heapMegabytes: undefined,
        ...plan,
        directory,
        checkpointInterval: undefined,
        faultInjection: false,
        logLevel: 'info',
        temporary: true,
      },
      {
        onUnexpectedEnd: (name, lastLine) => {
          failures.push(`${name} ended by itself: ${lastLine}`);
          stopping.abort();
        },
      },
    );
    try {
      const connected = await connectClient(processes, 'ccro:bench');
      return new MeasuredCluster(processes, connected, directory, failures, stopping.signal);
    } catch (error) {
      await processes.close();
      throw error;
    }
  }

  get client(): CcroClient {
    return this.connected.client;
  }

  async usage(): Promise<Usage> {
    const { nodes, gateways, redis } = this.processes;
    const statuses = await Promise.all(nodes.map(({ url }) => statusOf(url)));
    const { deliveries, deliveredBytes } = this.connected.traffic().total;
    const { user, system } = process.cpuUsage();
    const first = statuses[0];
    return {
      nodesCpuMs: await cpuOf(nodes),
      gatewaysCpuMs: await cpuOf(gateways),
      redisCpuMs: await cpuOf([redis]),
      ownCpuMs: (user + system) / 1000,
      deliveries: statuses.reduce((sum, { traffic }) => sum + traffic.deliveries, deliveries),
      bytes: statuses.reduce((sum, { traffic }) => sum + traffic.deliveredBytes, deliveredBytes),
      fast: first?.decisions.fast ?? 0,
      slow: first?.decisions.slow ?? 0,
    };
  }

  /** The highest view that any node is in. */
  async highestView(): Promise<number> {
    const statuses = await Promise.all(this.processes.nodes.map(({ url }) => statusOf(url)));
    return Math.max(...statuses.map(({ view }) => view));
  }

  private async close(): Promise<void> {
    await this.connected.close();
    await this.processes.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** What was used from `before` to `after`. */
export function usedSince(before: Usage, after: Usage): Usage {
  return increase(before, after);
}

async function statusOf(url: string | undefined): Promise<z.infer<typeof statusSchema>> {
  const response = await fetch(`${url}/status`);
  return statusSchema.parse(await response.json());
}

/** NaN where the system does not say. */
async function cpuOf(programs: readonly { readonly pid: number | undefined }[]): Promise<number> {
  let sum = 0;
  for (const { pid } of programs) {
    sum += pid === undefined ? 0 : ((await cpuMilliseconds(pid)) ?? NaN);
  }
  return sum;
}
