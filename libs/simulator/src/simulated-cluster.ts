/**
 * A whole cluster in virtual time: the real core, runner, codec and cryptography over a simulated
 * network, with faulty nodes that sign their own lies. One seed decides everything.
 */

import { channelNames, nodeConnectionName } from '@ccro/broker';
import { CcroClient, type Outcome } from '@ccro/client';
import {
  clusterKeys,
  developmentCluster,
  developmentKey,
  GATEWAY_CLIENT,
} from '@ccro/cluster-config';
import type { ReplicaConfig, ReplicaId, StoreRecord } from '@ccro/consensus';
import { createDigests, createVerification, type Verifier } from '@ccro/crypto';
import { createBehaviour, seededRandom, type FaultKind } from '@ccro/faults';
import { createRunner, type ClusterFacts, type ReplicaRunner } from '@ccro/runner';
import { appendOperation, createStateMachine, type JsonValue } from '@ccro/state-machine';
import { MemoryStore } from '@ccro/storage';
import { json } from '@ccro/wire';
import { Checkers } from './checkers.js';
import { Random } from './random.js';
import { SimulatedNetwork, type NetworkFaults } from './simulated-network.js';
import { VirtualTime } from './virtual-time.js';

export interface SimulationOptions {
  readonly seed: number;
  readonly mode: 'pbft' | 'ccro';
  readonly nodes: number;
  /** Faulty nodes and how they misbehave. */
  readonly faulty?: ReadonlyMap<ReplicaId, FaultKind>;
  readonly network?: NetworkFaults;
  readonly tuning?: Partial<Omit<ReplicaConfig, 'cluster' | 'self' | 'n'>>;
}

/** A store that shows what is written to it. */
class ObservedStore extends MemoryStore {
  constructor(private readonly observe: (record: StoreRecord) => void) {
    super();
  }

  override append(records: readonly StoreRecord[]): undefined {
    for (const record of records) this.observe(record);
    return super.append(records);
  }
}

export class SimulatedCluster {
  readonly time = new VirtualTime();
  readonly random: Random;
  readonly network: SimulatedNetwork;
  readonly checkers: Checkers;
  readonly nodes: readonly ReplicaRunner[];
  readonly client: CcroClient;
  /** What runners reported as fatal: none may. */
  readonly fatal: unknown[] = [];
  readonly facts: ClusterFacts;
  /** Decided requests, in the order the client learnt of them. */
  readonly outcomes: Outcome[] = [];

  constructor(private readonly options: SimulationOptions) {
    const { seed, mode, nodes, faulty = new Map<ReplicaId, FaultKind>() } = options;
    this.random = new Random(seed);
    this.network = new SimulatedNetwork(this.time, this.random);
    this.network.faults = options.network ?? this.network.faults;
    const config = developmentCluster({ nodes, mode, cluster: 'simulated' });
    this.facts = { ...clusterKeys(config), mode };
    const { scheme, verifier } = createVerification(this.facts);
    const honest = config.members.map(({ id }) => id).filter((id) => !faulty.has(id));
    this.checkers = new Checkers(new Set(honest), scheme, verifier);
    this.network.onPublished = (_from, _channel, payload) => this.overhear(payload);
    this.nodes = config.members.map(({ id }) => this.createNode(id, faulty.get(id)));
    this.client = this.createClient(verifier);
  }

  /** Starts every node and the client. */
  async start(): Promise<void> {
    await this.client.listen();
    for (const node of this.nodes) node.start();
  }

  /** Submits one append per value; outcomes are collected as they are decided. */
  submit(...values: JsonValue[]): void {
    for (const value of values) {
      void this.client
        .submit(appendOperation(value))
        .decided.then((outcome) => this.outcomes.push(outcome));
    }
  }

  /** Runs until the client knows `count` decisions. @returns whether it came to that in time */
  decide(count: number, limitMs: number): Promise<boolean> {
    return this.time.runUntil(() => this.outcomes.length >= count, limitMs);
  }

  /** Runs until every honest node executed up to the same slot, at least `sequence`. */
  level(sequence: number, limitMs: number): Promise<boolean> {
    return this.time.runUntil(() => {
      const reached = this.honestNodes().map((node) => node.status().lastExecuted);
      return reached.every((last) => last >= sequence && last === reached[0]);
    }, limitMs);
  }

  honestNodes(): readonly ReplicaRunner[] {
    return this.nodes.filter((_, id) => this.options.faulty?.has(id) !== true);
  }

  private createNode(self: ReplicaId, fault: FaultKind | undefined): ReplicaRunner {
    const { seed, nodes: n, tuning } = this.options;
    const broker = this.network.broker(nodeConnectionName(self));
    const channels = channelNames(this.facts.cluster);
    void broker.subscribe([channels.broadcast, channels.node(self)]);
    const runner = createRunner({
      facts: this.facts,
      self,
      secretKey: developmentKey('node', self).secretKey,
      broker,
      store: new ObservedStore((record) => this.checkers.onStored(self, record)),
      stateMachine: createStateMachine(),
      clock: this.time,
      listener: { onFatal: (error) => this.fatal.push(error) },
      ...(tuning === undefined ? {} : { tuning }),
    });
    if (fault !== undefined) {
      const random = seededRandom(`${seed}:${self}`);
      runner.setBehaviour(createBehaviour(fault, { self, n, digests: createDigests(), random }));
    }
    broker.onMessage((channel, payload) =>
      runner.receive(payload, channel === channels.broadcast ? 'broadcast' : 'direct'),
    );
    return runner;
  }

  private createClient(verifier: Verifier): CcroClient {
    const { cluster, members } = this.facts;
    return new CcroClient(
      {
        cluster,
        n: members.length,
        client: GATEWAY_CLIENT,
        secretKey: developmentKey('client', GATEWAY_CLIENT).secretKey,
        firstTimestamp: 1,
      },
      {
        broker: this.network.broker('ccro:gateway:simulated'),
        verifier,
        clock: this.time,
        random: this.random.next,
      },
    );
  }

  private overhear(payload: Uint8Array): void {
    if (json.peek(payload) !== 'vote') return;
    const { message } = json.decode(payload, this.facts.cluster);
    if (message?.kind === 'vote') this.checkers.onVote(message);
  }
}
