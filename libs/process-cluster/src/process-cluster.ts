/** A whole cluster on this machine: Redis, nodes and gateways, each in a process of its own. */

import {
  formatClusterFile,
  generateCluster,
  GATEWAY_CLIENT,
  loadClusterConfig,
  type ClusterConfig,
  type ClusterMode,
  type Durability,
  type LogLevel,
  type SignatureChoice,
} from '@ccro/cluster-config';
import type { FaultKind } from '@ccro/faults';
import { builtProgram } from '@ccro/program';
import { startRedisServer, type RedisServer } from '@ccro/redis-server';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StartFailure, SupervisedProcess, type ProgramOptions } from './supervised-process.js';
import { pause, Quit } from '@ccro/clock';
import { surroundingsOf, type Surroundings } from './surroundings.js';
import { Watchdog } from './watchdog.js';

/** The client that speaks to the nodes without a gateway: reads their ledgers, puts load on them. */
export const AUDITOR_CLIENT = 'auditor';

/** What a supervisor (systemd, Docker) does: try again while Redis is away. */
const START_ATTEMPTS = 8;
/** Between two attempts. */
const START_PAUSE_MS = 500;

export interface ClusterPlan {
  /** Everything of the run is in it: keys, stores, Redis' files, logs. */
  readonly directory: string;
  readonly nodes: number;
  readonly mode: ClusterMode;
  /** How votes are signed; as the cluster's size suggests unless given. */
  readonly signature?: SignatureChoice;
  readonly durability: Durability;
  /** How nodes are faulty from the start, by id; none by default. */
  readonly faults?: ReadonlyMap<number, FaultKind>;
  readonly gateways: number;
  /** Slots from one checkpoint to the next; undefined: the replicas' own default. */
  readonly checkpointInterval: number | undefined;
  /**
   * Largest heap of a node or gateway; undefined: the runtime's own, of some gigabytes, which it
   * fills before it collects garbage, so that growth would not show for long.
   */
  readonly heapMegabytes: number | undefined;
  readonly faultInjection: boolean;
  /**
   * Whether each program gets `Surroundings` of its own: a clock that can be stepped, a limit of
   * open files that can be reached, and the last node and the last gateway a way to Redis that can
   * go silent. (It costs time, so the others go without.) Default: none.
   */
  readonly hasSurroundings?: boolean;
  readonly logLevel: LogLevel;
  /** Whether the directory is removed should this very process be killed. */
  readonly temporary: boolean;
}

export interface ClusterListener {
  /** A process ended that nobody had asked to. */
  onUnexpectedEnd(name: string, lastLine: string): void;
}

export class ProcessCluster {
  private redisAwaySince: number | undefined;
  private redisBackAt = -Infinity;
  private closing: Promise<void> | undefined;
  private readonly closed = new AbortController();

  private constructor(
    readonly config: ClusterConfig,
    readonly redis: RedisServer,
    readonly nodes: readonly SupervisedProcess[],
    readonly gateways: readonly SupervisedProcess[],
    private readonly surroundings: ReadonlyMap<string, Surroundings>,
    private readonly plan: ClusterPlan,
    private readonly watchdog: Watchdog,
  ) {}

  /**
   * Starts everything. Whatever was started is stopped again when a part fails.
   *
   * @throws RedisServerError without a Redis to start, StartFailure with a program's last output
   */
  static async start(plan: ClusterPlan, listener: ClusterListener): Promise<ProcessCluster> {
    const logs = logsIn(plan.directory);
    const redisDirectory = join(plan.directory, 'redis');
    await mkdir(logs, { recursive: true });
    const config = await writeClusterFile(plan);
    const redis = await startRedisServer({ dir: redisDirectory, extraArgs: PERSISTENT });
    const watchdog = new Watchdog(plan.temporary ? plan.directory : undefined);
    const surroundings: ReadonlyMap<string, Surroundings> = plan.hasSurroundings
      ? await surroundingsOf(plan, join(plan.directory, 'clocks'), redis.port)
      : new Map();
    const supervise = (program: ProgramPlan): SupervisedProcess =>
      new SupervisedProcess(
        {
          ...program,
          ...surrounded(program, redis.url, surroundings.get(program.name)),
          logFile: join(logs, `${program.name.replace(' ', '-')}.log`),
        },
        {
          watchdog,
          onUnexpectedEnd: ({ name }, lastLine) => listener.onUnexpectedEnd(name, lastLine),
        },
      );
    const nodes = config.members.map(({ id }) => supervise(nodeProgram(plan, id)));
    const gateways = Array.from({ length: plan.gateways }, (_, index) =>
      supervise(gatewayProgram(plan, index)),
    );
    const cluster = new ProcessCluster(
      config,
      redis,
      nodes,
      gateways,
      surroundings,
      plan,
      watchdog,
    );
    try {
      await Promise.all(nodes.map((node) => node.start()));
      await Promise.all(gateways.map((gateway) => gateway.start()));
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  /** Path of the cluster file; the keys are beside it. */
  get configPath(): string {
    return clusterFileOf(this.plan);
  }

  /** Where node `id` keeps what it must not forget. */
  storeOf(id: number): string {
    return join(dataDirectoryOf(this.plan), `node-${id}`);
  }

  /** Base URLs of the gateways that run. */
  gatewayUrls(): string[] {
    return this.gateways.flatMap(({ url }) => (url === undefined ? [] : [url]));
  }

  node(id: number): SupervisedProcess {
    return required(this.nodes[id], `node ${id}`);
  }

  gateway(index: number): SupervisedProcess {
    return required(this.gateways[index], `gateway ${index}`);
  }

  /** @throws RangeError unless the plan has surroundings */
  surroundingsOf({ name }: SupervisedProcess): Surroundings {
    return required(this.surroundings.get(name), `surroundings of ${name}`);
  }

  /**
   * Starts a program that was stopped, again if need be while Redis is away or refuses connections,
   * as a supervisor does.
   *
   * @throws StartFailure, Quit when the cluster is being closed
   */
  async revive(program: SupervisedProcess): Promise<void> {
    for (let attempts = 0; attempts < START_ATTEMPTS;) {
      this.refuseWhenClosing();
      const startedAt = performance.now();
      try {
        await program.start();
        return;
      } catch (error) {
        if (this.redisAwaySince === undefined) attempts += 1;
        const mayTryAgain = attempts < START_ATTEMPTS && this.redisWasAwaySince(startedAt);
        if (!(error instanceof StartFailure) || !mayTryAgain) throw error;
        await pause(START_PAUSE_MS, this.closed.signal);
      }
    }
  }

  /** Redis is there, and nobody can use it, until `redisTakesAll`. */
  redisRefuses(): void {
    this.redisAwaySince = performance.now();
  }

  redisTakesAll(): void {
    this.redisAwaySince = undefined;
    this.redisBackAt = performance.now();
  }

  /** @param orderly whether it may write down what it holds */
  async stopRedis(orderly: boolean): Promise<void> {
    this.redisRefuses();
    await (orderly ? this.redis.stop() : this.redis.kill());
  }

  /** @throws Quit when the cluster is being closed */
  async reviveRedis(): Promise<void> {
    this.refuseWhenClosing();
    await this.redis.restart();
    this.redisTakesAll();
  }

  /** Stops everything, gateways first, and starts nothing any more. May be called again. */
  close(): Promise<void> {
    this.closing ??= this.stopAll();
    return this.closing;
  }

  private async stopAll(): Promise<void> {
    this.closed.abort();
    const programs = [...this.gateways, ...this.nodes];
    await Promise.all(this.gateways.map((gateway) => gateway.stop()));
    await Promise.all(this.nodes.map((node) => node.stop()));
    await this.redis.stop();
    for (const { path } of this.surroundings.values()) path?.stop();
    await Promise.all(programs.map((program) => program.closeLog()));
    this.watchdog.dismiss();
  }

  private refuseWhenClosing(): void {
    if (this.closing !== undefined) throw new Quit();
  }

  private redisWasAwaySince(sinceMs: number): boolean {
    return this.redisAwaySince !== undefined || this.redisBackAt > sinceMs;
  }
}

/** Where everything that the programs write is, in a run's directory. */
export function logsIn(directory: string): string {
  return join(directory, 'logs');
}

/** What survives the server: the gateways' accepted requests. Written before it is answered. */
const PERSISTENT = ['--appendonly', 'yes', '--appendfsync', 'always'];

function clusterFileOf({ directory }: ClusterPlan): string {
  return join(directory, 'keys', 'cluster.json');
}

function dataDirectoryOf({ directory }: ClusterPlan): string {
  return join(directory, 'data');
}

/** Fresh keys; then the tuning, which `generateCluster` leaves to who wants it. */
async function writeClusterFile(plan: ClusterPlan): Promise<ClusterConfig> {
  const { nodes, mode, signature = 'auto', checkpointInterval } = plan;
  const path = clusterFileOf(plan);
  generateCluster(
    { cluster: 'chaos', mode, signature, nodes, clients: [GATEWAY_CLIENT, AUDITOR_CLIENT] },
    join(plan.directory, 'keys'),
  );
  const config = loadClusterConfig(path);
  if (checkpointInterval === undefined) return config;
  const tuning = { checkpointInterval, windowSlots: 2 * checkpointInterval };
  await writeFile(path, formatClusterFile({ ...config, tuning }));
  return loadClusterConfig(path);
}

/** What a program is, wherever it finds Redis. */
type ProgramPlan = Omit<ProgramOptions, 'logFile' | 'environment'> & {
  readonly environment: Readonly<Record<string, string>>;
};

function surrounded(
  { environment }: ProgramPlan,
  redisUrl: string,
  around: Surroundings | undefined,
): Pick<ProgramOptions, 'environment' | 'openFiles'> {
  if (around === undefined) return { environment: { ...environment, REDIS_URL: redisUrl } };
  const { path, clock, openFiles } = around;
  const { NODE_OPTIONS = '' } = environment;
  const options = `${NODE_OPTIONS} ${clock.nodeOption}`.trimStart();
  return {
    environment: { ...environment, REDIS_URL: path?.url ?? redisUrl, NODE_OPTIONS: options },
    openFiles,
  };
}

function sharedEnvironment(plan: ClusterPlan): Record<string, string> {
  return {
    CCRO_CONFIG: clusterFileOf(plan),
    FAULT_INJECTION: plan.faultInjection ? 'on' : 'off',
    LOG_LEVEL: plan.logLevel,
    NO_COLOR: '1',
  };
}

function heapVariables({ heapMegabytes }: ClusterPlan): Record<string, string> {
  if (heapMegabytes === undefined) return {};
  return { NODE_OPTIONS: `--max-old-space-size=${heapMegabytes}` };
}

/** A node's heap, as docs/OPERATIONS.md, "Memory", says: little is held for what may come. */
function sparingVariables({ heapMegabytes }: ClusterPlan): Record<string, string> {
  if (heapMegabytes === undefined) return {};
  return {
    NODE_OPTIONS: `--max-old-space-size=${heapMegabytes} --max-semi-space-size=2`,
    MALLOC_ARENA_MAX: '1',
    MALLOC_TRIM_THRESHOLD_: '131072',
  };
}

function nodeProgram(plan: ClusterPlan, id: number): ProgramPlan {
  return {
    name: `node ${id}`,
    entry: builtProgram('node', import.meta.url),
    readyLine: /Node \d+ started on (https?:\/\/[\w.:[\]-]+)/,
    environment: {
      ...sharedEnvironment(plan),
      ...sparingVariables(plan),
      NODE_ID: String(id),
      NODE_HTTP_PORT: '0',
      ...storageVariables(plan),
      ...faultVariables(plan, id),
    },
  };
}

/** A node that keeps nothing gets no directory. */
function storageVariables(plan: ClusterPlan): Record<string, string> {
  if (plan.durability === 'memory') return {};
  return { DATA_DIR: dataDirectoryOf(plan), DURABILITY: plan.durability };
}

function faultVariables({ faults }: ClusterPlan, id: number): Record<string, string> {
  const fault = faults?.get(id);
  return fault === undefined ? {} : { FAULT: fault };
}

function gatewayProgram(plan: ClusterPlan, index: number): ProgramPlan {
  return {
    name: `gateway ${index}`,
    entry: builtProgram('gateway', import.meta.url),
    readyLine: /Gateway running on (https?:\/\/[\w.:[\]-]+)/,
    environment: {
      ...sharedEnvironment(plan),
      ...heapVariables(plan),
      GATEWAY_PORT: '0',
    },
  };
}

function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new RangeError(`there is no ${name}`);
  return value;
}
