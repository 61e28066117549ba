/** Boots a whole cluster and its gateway, with development keys, in one process or in many. */

import { sumOfTraffic, type Broker, type TrafficCount } from '@ccro/broker';
import {
  developmentKey,
  developmentVotingKey,
  GATEWAY_CLIENT,
  newApiKey,
  loadStateMachine,
  nodeStore,
  type ClusterConfig,
} from '@ccro/cluster-config';
import { startGateway } from '@ccro/gateway-app';
import { clusterFacts, startNode } from '@ccro/node-app';
import { holdPort } from '@ccro/redis-server';
import { stateMachineLabel, type StateMachineDefinition } from '@ccro/state-machine';
import type { ClusterOptions } from '../options/cluster-options.js';
import { openBrokers, type BrokerSource } from './brokers.js';
import { clusterOf } from './cluster-of-directory.js';
import { decisionTraffic } from './decision-traffic.js';
import { launchHere, launchProcess, NodeKeeping } from './launched-node.js';
import { nodeProcess, ProcessDirectory } from './node-process.js';
import type { LaunchListener, RunningCluster, RunningNode } from './running-cluster.js';

/** Everything that is started here listens on it. */
export const HOST = '127.0.0.1';

/**
 * Starts everything `options` describe; whatever was started is closed again when a part fails.
 *
 * @throws what the first part that could not start threw: a taken port, an unreachable Redis, a
 *   data directory that cannot be used
 */
export async function startCluster(
  options: ClusterOptions,
  listener: LaunchListener,
): Promise<RunningCluster> {
  const path = options.stateMachine;
  const own = path === undefined ? undefined : await loadStateMachine(path, '--state-machine');
  const config = await clusterOf(options, own && stateMachineLabel(own));
  const launch = new Launch(options, config, own, listener);
  try {
    return await launch.run();
  } catch (error) {
    await launch.close();
    throw error;
  }
}

interface NodeSurroundings {
  readonly source: BrokerSource;
  readonly directory: ProcessDirectory | undefined;
  readonly keeping: NodeKeeping;
}

class Launch {
  private readonly closers: (() => Promise<void>)[] = [];
  private readonly brokers: Broker[] = [];
  /** For this process alone, which reports on nodes and hands in requests like any caller. */
  private readonly ownKey;

  private readonly nodes: RunningNode[] = [];
  /** Nodes are told of it before it is there. */
  private gatewayPort = 0;
  /** Gives the gateway's port free for it, if one had to be found. */
  private freeGatewayPort: () => Promise<void> = () => Promise.resolve();

  constructor(
    private readonly options: ClusterOptions,
    private readonly config: ClusterConfig,
    private readonly stateMachine: StateMachineDefinition | undefined,
    private readonly listener: LaunchListener,
  ) {
    const own = { name: 'npm-start', role: 'submit' } as const;
    this.ownKey = options.apiKeys === undefined ? undefined : newApiKey(own);
  }

  async run(): Promise<RunningCluster> {
    const source = await openBrokers(this.options, this.listener);
    this.closers.push(() => source.close());
    const directory = await this.processDirectory();
    const { members } = this.config;
    const keeping = new NodeKeeping(members.length, this.listener, () => source.isAway());
    const { nodes } = this;
    await this.chooseGatewayPort();
    // All at a time: one that has to be killed in the end must not keep the others waiting.
    this.closers.push(async () => void (await Promise.all(nodes.map((node) => node.close()))));
    for (const { id } of members) {
      const node = await this.startNode(id, { source, directory, keeping });
      nodes.push(node);
      this.listener.onNodeStarted?.(node);
    }
    const gatewayUrl = await this.startGateway(source);
    this.listener.onGatewayStarted?.(gatewayUrl);
    return {
      gatewayUrl,
      gatewayKey: this.ownKey?.key,
      nodes,
      traffic: () => this.traffic(),
      trafficOf: (sequence) => decisionTraffic(nodes, sequence),
      close: () => this.close(),
    };
  }

  /** Last started, first closed. */
  async close(): Promise<void> {
    for (let close = this.closers.pop(); close !== undefined; close = this.closers.pop()) {
      await close();
    }
  }

  /** Where what separate processes need is; undefined where there are none. */
  private async processDirectory(): Promise<ProcessDirectory | undefined> {
    if (!this.options.processes) return undefined;
    const directory = await ProcessDirectory.create(this.config);
    this.closers.push(() => directory.remove());
    return directory;
  }

  private startNode(
    id: number,
    { source, directory, keeping }: NodeSurroundings,
  ): Promise<RunningNode> {
    const { options } = this;
    const { nodePort, faulty, fault, seed, faultInjection, storage, redisCaFile } = options;
    const { redisUrl } = source;
    const common = {
      httpPort: nodePort === 0 ? 0 : nodePort + id,
      host: HOST,
      gatewayUrl: urlOf(this.gatewayPort),
      nodeUrls:
        nodePort === 0 ? undefined : this.config.members.map((node) => urlOf(nodePort + node.id)),
      faultInjection,
      ...(faulty.includes(id) ? { fault, faultSeed: seed } : {}),
    };
    if (directory !== undefined && redisUrl !== undefined) {
      const { stateMachine: stateMachinePath } = options;
      const { configPath, watchdog } = directory;
      const own = { id, configPath, redisUrl, redisCaFile, stateMachinePath };
      const node = { ...common, ...own, storage: directory.storageFor(storage) };
      return launchProcess(id, (onDeath) => nodeProcess(node, watchdog, onDeath), keeping);
    }
    const { gatewayUrl, nodeUrls: _, ...inProcess } = common;
    const { cluster, members } = this.config;
    const identity = { id, cluster, size: members.length };
    const start = async (port: number | undefined, onFatal: (error: unknown) => void) =>
      startNode({
        ...inProcess,
        gatewayUrl: () => gatewayUrl,
        nodeUrl: (other) => this.nodes[other]?.url,
        ...(port === undefined ? {} : { httpPort: port }),
        facts: clusterFacts(this.config),
        self: id,
        secretKey: developmentKey('node', id).secretKey,
        votingSecretKey: developmentVotingKey(id).secretKey,
        broker: this.counted(await source.nodeConnection({ ...identity, onLost: onFatal })),
        stateMachine: this.stateMachine,
        storage: nodeStore(storage, id),
        tuning: this.config.tuning,
        onFatal,
      });
    return launchHere(id, storage.durability !== 'memory', start, keeping);
  }

  /** Nodes are told where the gateway will be. Until then nobody else gets that port. */
  private async chooseGatewayPort(): Promise<void> {
    this.gatewayPort = this.options.gatewayPort;
    if (this.gatewayPort !== 0) return;
    const held = await holdPort({ port: 0, host: HOST });
    this.gatewayPort = held.port;
    this.freeGatewayPort = held.free;
    this.closers.push(this.freeGatewayPort);
  }

  private async startGateway(source: BrokerSource): Promise<string> {
    const { faultInjection, requestTimeoutMs, storage, apiKeys } = this.options;
    const { redisUrl, redisCa } = source;
    // A cluster whose nodes forget everything when they end leaves no requests behind either.
    const forgetAtClose = storage.durability === 'memory';
    await this.freeGatewayPort();
    const gateway = await startGateway({
      config: this.config,
      clientId: GATEWAY_CLIENT,
      secretKey: developmentKey('client', GATEWAY_CLIENT).secretKey,
      broker: this.counted(source.connection(`ccro:gateway:${GATEWAY_CLIENT}`)),
      faultInjection,
      requestTimeoutMs,
      ...(redisUrl === undefined ? {} : { queue: { redisUrl, redisCa, forgetAtClose } }),
      ...(apiKeys && this.ownKey ? { apiKeys: [...apiKeys, this.ownKey.entry] } : {}),
      host: HOST,
      port: this.gatewayPort,
      onDecided: (decision) => this.listener.onDecided?.(decision),
    });
    this.closers.push(() => gateway.close());
    return gateway.url;
  }

  private counted(broker: Broker): Broker {
    this.brokers.push(broker);
    return broker;
  }

  /** Own connections are read directly; nodes in processes of their own say what they counted. */
  private async traffic(): Promise<TrafficCount> {
    const own = this.brokers.map((broker) => broker.traffic().total);
    const processes = this.options.processes ? this.nodes : [];
    const others = await Promise.all(processes.map(({ url }) => trafficOfProcess(url)));
    return sumOfTraffic([...own, ...others]);
  }
}

function urlOf(port: number): string {
  return `http://${HOST}:${port}`;
}

/** What a node in a process of its own published; nothing once it has ended. */
async function trafficOfProcess(url: string): Promise<TrafficCount> {
  try {
    const response = await fetch(`${url}/status`);
    const { traffic } = (await response.json()) as { traffic: TrafficCount };
    return traffic;
  } catch {
    return sumOfTraffic([]);
  }
}
