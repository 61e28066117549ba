/**
 * A whole cluster in this process: the runners, codec, cryptography and embedded broker that
 * `npm start` uses, without its HTTP. What it does is counted, not estimated.
 */

import { channelNames, InProcessHub, nodeConnectionName, type Broker } from '@ccro/broker';
import { CcroClient, type Outcome } from '@ccro/client';
import { Overdue, Quit, systemClock } from '@ccro/clock';
import {
  clientFacts,
  clusterKeys,
  settingsOf,
  developmentCluster,
  developmentKey,
  developmentVotingKey,
  GATEWAY_CLIENT,
  type ClusterConfig,
  type ClusterMode,
} from '@ccro/cluster-config';
import type { ReplicaStatus } from '@ccro/consensus';
import { createDigests, createVerification, signatureCounts } from '@ccro/crypto';
import { chooseFaulty, createBehaviour, seededRandom, type FaultKind } from '@ccro/faults';
import { createRunner, type ReplicaRunner } from '@ccro/runner';
import { createStateMachine } from '@ccro/state-machine';
import { MemoryStore } from '@ccro/storage';
import { type CodecName, DEFAULT_CODEC } from '@ccro/wire';
import { DeliveryTally } from './delivery-tally.js';

/** Nobody is faulty. */
export const NO_FAULTS: ReadonlyMap<number, FaultKind> = new Map();
/** Every run strikes the same nodes. */
const FAULT_SEED = 1;

/** `count` of `n` nodes with this fault, by id; the same for the same arguments. */
export function faultyNodes(
  n: number,
  count: number,
  kind: FaultKind | 'none',
): ReadonlyMap<number, FaultKind> {
  if (kind === 'none') return NO_FAULTS;
  return new Map(chooseFaulty({ n, count, kind, seed: FAULT_SEED }).map((id) => [id, kind]));
}

export interface EmbeddedPlan {
  readonly nodes: number;
  readonly mode: ClusterMode;
  /** How messages are spelt. Default: readable JSON. */
  readonly codec?: CodecName;
  /** How nodes are faulty, by id. */
  readonly faults: ReadonlyMap<number, FaultKind>;
}

/** Sums over the cluster and its client since the process began. */
export interface Spent {
  readonly deliveries: number;
  readonly bytes: number;
  readonly signaturesMade: number;
  readonly signaturesChecked: number;
  readonly cpuMs: number;
  /** Decisions in one round of votes, at node 0. */
  readonly oneRound: number;
  /** Decisions for which some node broadcast its vote because no certificate came in time. */
  readonly fellBack: number;
}

export class EmbeddedCluster {
  readonly tally = new DeliveryTally();
  private readonly hub = new InProcessHub();
  private readonly runners: ReplicaRunner[] = [];
  private readonly brokers: Broker[] = [];
  private oneRound = 0;
  private readonly fellBack = new Set<number>();
  private clusterClient: CcroClient | undefined;
  private failure: unknown;

  private constructor(
    readonly config: ClusterConfig,
    private readonly plan: EmbeddedPlan,
  ) {}

  static async start(plan: EmbeddedPlan): Promise<EmbeddedCluster> {
    const { nodes, mode, codec = DEFAULT_CODEC } = plan;
    const cluster = new EmbeddedCluster(
      developmentCluster({ nodes, mode, codec, cluster: 'bench' }),
      plan,
    );
    for (let self = 0; self < nodes; self += 1) await cluster.addNode(self);
    await cluster.addClient();
    for (const runner of cluster.runners) runner.start();
    return cluster;
  }

  /**
   * Has the cluster decide on an operation.
   *
   * @param boundMs how long that may take
   * @returns the outcome with all replies that are to be expected
   * @throws Quit, Overdue, what a replica failed with, or what `CcroClient.submit` throws
   */
  async decide(operation: string, boundMs: number, quit: AbortSignal): Promise<Outcome> {
    if (quit.aborted) throw new Quit();
    try {
      return await inTime(this.client.submit(operation).settled, boundMs, quit);
    } catch (error) {
      // The client was closed because of it, which would say nothing.
      throw this.failure ?? error;
    }
  }

  /** Makes a node misbehave from now on. */
  setFault(self: number, fault: FaultKind): void {
    const { cluster, members } = this.config;
    const random = seededRandom(`bench:${self}`);
    const context = { self, n: members.length, cluster, digests: createDigests(), random };
    this.runners[self]?.setBehaviour(createBehaviour(fault, context));
  }

  /** The highest view that a node is in, and whose turn it is there. */
  get highest(): Pick<ReplicaStatus, 'view' | 'primary'> {
    const statuses = this.runners.map((runner) => runner.status());
    return statuses.reduce((a, b) => (b.view > a.view ? b : a));
  }

  /** Whether all nodes have executed the same, and nothing waits anywhere. */
  get isLevel(): boolean {
    const statuses = this.runners.map((runner) => runner.status());
    return statuses.every(
      ({ lastExecuted, pooledRequests }) =>
        lastExecuted === statuses[0]?.lastExecuted && pooledRequests === 0,
    );
  }

  /** Whether all nodes but `except` take part in a view after `view`. */
  isBeyond(view: number, except: number): boolean {
    return this.runners.every((runner, id) => {
      const status = runner.status();
      return id === except || (status.active && status.view > view);
    });
  }

  /** @throws what a replica failed with */
  spent(): Spent {
    if (this.failure !== undefined) throw this.failure;
    const { user, system } = process.cpuUsage();
    const { made, checked } = signatureCounts();
    return {
      ...this.tally.sum,
      signaturesMade: made,
      signaturesChecked: checked,
      cpuMs: (user + system) / 1000,
      oneRound: this.oneRound,
      fellBack: this.fellBack.size,
    };
  }

  async close(): Promise<void> {
    this.clusterClient?.close();
    await Promise.all(this.runners.map((runner) => runner.stop()));
    await Promise.all(this.brokers.map((broker) => broker.close()));
  }

  /** The one client of the cluster. */
  private get client(): CcroClient {
    if (this.clusterClient === undefined) throw new Error('the cluster has no client yet');
    return this.clusterClient;
  }

  private async addNode(self: number): Promise<void> {
    const { cluster, mode, codec } = this.config;
    const channels = channelNames(cluster);
    const broker = await this.connect(nodeConnectionName(self));
    const runner = createRunner({
      facts: { ...clusterKeys(this.config), mode, codec, settings: settingsOf(this.config) },
      self,
      secretKey: developmentKey('node', self).secretKey,
      votingSecretKey: developmentVotingKey(self).secretKey,
      broker,
      store: new MemoryStore(),
      stateMachine: createStateMachine(),
      clock: systemClock,
      listener: {
        onExecuted: ({ sequence, fast, fellBack }) => {
          if (self === 0 && fast) this.oneRound += 1;
          if (fellBack) this.fellBack.add(sequence);
        },
        onFatal: (error) => {
          this.failure ??= error;
          this.clusterClient?.close();
        },
      },
    });
    broker.onMessage((channel, payload) =>
      runner.receive(payload, channel === channels.broadcast ? 'broadcast' : 'direct'),
    );
    await broker.subscribe([channels.broadcast, channels.node(self)]);
    this.runners.push(runner);
    const fault = this.plan.faults.get(self);
    if (fault !== undefined) this.setFault(self, fault);
  }

  private async addClient(): Promise<void> {
    const client = new CcroClient(
      {
        ...clientFacts(this.config),
        client: GATEWAY_CLIENT,
        secretKey: developmentKey('client', GATEWAY_CLIENT).secretKey,
      },
      {
        broker: await this.connect('ccro:bench'),
        verifier: createVerification(clusterKeys(this.config)).verifier,
        clock: systemClock,
      },
    );
    await client.listen();
    this.clusterClient = client;
  }

  private async connect(name: string): Promise<Broker> {
    const broker = this.hub.broker(name);
    this.tally.watch(broker);
    this.brokers.push(broker);
    await broker.connect();
    return broker;
  }
}

/** @throws Quit, Overdue, or what the decision is rejected with */
async function inTime(
  settled: Promise<Outcome>,
  boundMs: number,
  quit: AbortSignal,
): Promise<Outcome> {
  let stop = (): void => undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    // The cluster's own timers keep no process alive: this one does.
    const overdue = setTimeout(() => reject(new Overdue('a decision', boundMs)), boundMs);
    const onQuit = (): void => reject(new Quit());
    quit.addEventListener('abort', onQuit, { once: true });
    stop = () => {
      clearTimeout(overdue);
      quit.removeEventListener('abort', onQuit);
    };
  });
  try {
    return await Promise.race([settled, ended]);
  } finally {
    stop();
  }
}
