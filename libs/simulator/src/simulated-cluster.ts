/**
 * A whole cluster in virtual time: the real core, runner, codec and cryptography over a simulated
 * network and simulated disks, with faulty nodes that sign their own lies. One seed decides
 * everything.
 */

import { channelNames } from '@ccro/broker';
import { CcroClient, type Outcome, type Submission } from '@ccro/client';
import {
  clusterKeys,
  developmentCluster,
  developmentKey,
  GATEWAY_CLIENT,
  settingsOf,
} from '@ccro/cluster-config';
import {
  checkpointDefaults,
  DEFAULT_REPLICA_CONFIG,
  type ClientId,
  type ReplicaId,
  type ReplicaTuning,
  type Settings,
  type StoreRecord,
} from '@ccro/consensus';
import { createVerification, type SchemeName, type Verifier } from '@ccro/crypto';
import { errorMessage } from '@ccro/foreign-text';
import type { ClusterFacts } from '@ccro/runner';
import { appendOperation, type JsonValue } from '@ccro/state-machine';
import { json, type WireMessage } from '@ccro/wire';
import { Adversary } from './adversary/adversary.js';
import type { IsolationPlan } from './adversary/isolated-decision.js';
import { Checkers } from './checkers/checkers.js';
import type { Violation } from './checkers/violation.js';
import { Random } from './random.js';
import { INSTANT_DISK, SimulatedDisk, type DiskOptions } from './simulated-disk.js';
import { SimulatedNetwork, type NetworkFaults, type Published } from './simulated-network.js';
import {
  SimulatedNode,
  type NodeFile,
  type NodeObserver,
  type SimulatedFault,
  type SimulatedTuning,
} from './simulated-node.js';
import type { ClusterEvent, ClusterListener, InnerEvent, Witness } from './trace/events.js';
import { clientConnectionName, replicaOfConnection } from './trace/names.js';
import { VirtualTime } from './virtual-time.js';

export interface SimulationOptions {
  readonly seed: number | string;
  readonly mode: 'pbft' | 'ccro';
  readonly nodes: number;
  /** How votes are signed; Ed25519 unless given. */
  readonly signature?: SchemeName;
  /** Requests that a client signs with one signature, at most; by default as many as it may. */
  readonly signedTogether?: number;
  /** Nodes that are held to nothing, and how they misbehave at first. */
  readonly faulty?: ReadonlyMap<ReplicaId, SimulatedFault>;
  /** What the network does for the adversary of byzantine nodes, one after another. */
  readonly isolations?: readonly IsolationPlan[];
  readonly network?: NetworkFaults;
  readonly tuning?: SimulatedTuning;
  /** Nodes that have another cluster file at first, and what it says instead. */
  readonly drifted?: ReadonlyMap<ReplicaId, SimulatedTuning>;
  /** Ids of the clients; by default the gateway alone. */
  readonly clients?: readonly [ClientId, ...ClientId[]];
  readonly disk?: DiskOptions;
  /** By node: its milliseconds in one of virtual time; 1 unless given. */
  readonly clockRates?: readonly number[];
  /** Sees everything that happens. */
  readonly listener?: ClusterListener;
  /** Sees what goes on inside the nodes. */
  readonly witness?: Witness;
}

export class SimulatedCluster {
  readonly time = new VirtualTime();
  readonly network: SimulatedNetwork;
  readonly checkers: Checkers;
  readonly nodes: readonly SimulatedNode[];
  readonly clients: ReadonlyMap<ClientId, CcroClient>;
  readonly facts: ClusterFacts;
  /** Decided requests, in the order the clients learnt of them. */
  readonly outcomes: Outcome[] = [];
  /** The adversary that controls all Byzantine nodes, if there are any. */
  readonly adversary: Adversary | undefined;
  /** When an honest replica last sent a vote on a slot. */
  lastVoteMs = 0;
  /** Requests submitted so far. */
  submitted = 0;
  /** Sees every message on the network. */
  eavesdropper: ((published: Published) => void) | undefined;
  /** Sees every record once it is durable. */
  onDurable: ((replica: ReplicaId, record: StoreRecord) => void) | undefined;
  private readonly settingsOf: (tuning: SimulatedTuning) => Settings;
  private readonly clientNames: ReadonlySet<string>;
  private readonly broadcast: string;

  constructor(private readonly options: SimulationOptions) {
    const { seed, mode, nodes, signature = 'ed25519', clients = [GATEWAY_CLIENT] } = options;
    this.network = new SimulatedNetwork(this.time, new Random(`${seed}/network`));
    this.network.faults = options.network ?? this.network.faults;
    const config = developmentCluster({ nodes, mode, signature, clients, cluster: 'simulated' });
    this.settingsOf = (tuning) => settingsOf({ ...config, tuning });
    const settings = this.settingsOf(options.tuning ?? {});
    this.facts = { ...clusterKeys(config), mode, settings };
    this.broadcast = channelNames(this.facts.cluster).broadcast;
    this.clientNames = new Set(clients.map(clientConnectionName));
    this.checkers = this.createCheckers();
    this.network.onPublished = (published) => this.overhear(published);
    this.adversary = this.createAdversary();
    this.nodes = config.members.map(({ id }) => this.createNode(id));
    const { verifier } = createVerification(this.facts);
    this.clients = new Map(clients.map((id) => [id, this.createClient(id, verifier)]));
  }

  /** Starts every node and the clients. */
  async start(): Promise<void> {
    for (const client of this.clients.values()) await client.listen();
    for (const node of this.nodes) node.start();
  }

  /** Submits one append per value by the first client; outcomes are collected as they come. */
  submit(...values: JsonValue[]): void {
    const [first] = this.clients.keys();
    for (const value of values) this.submitOperation(first ?? '', appendOperation(value));
  }

  /** Submits what `client` wants done. */
  submitOperation(client: ClientId, operation: string): Submission {
    const submission = this.clients.get(client)?.submit(operation);
    if (submission === undefined) throw new RangeError(`no client is called ${client}`);
    this.submitted += 1;
    this.checkers.onSigned(submission.request);
    submission.decided.then(
      (outcome) => {
        this.outcomes.push(outcome);
        this.tell({ kind: 'decided', client, outcome });
        this.checkers.onDecided(client, outcome);
      },
      (error: unknown) => {
        const why = errorMessage(error);
        this.checkers.found('liveness', `${client}/${submission.timestamp} was refused: ${why}`);
      },
    );
    // It rejects when `decided` does.
    submission.settled.catch(() => undefined);
    return submission;
  }

  /** Runs until the clients know `count` decisions. @returns whether it came to that in time */
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

  /** Nodes that keep to the protocol, running or not. */
  honestNodes(): readonly SimulatedNode[] {
    return this.nodes.filter(({ id }) => this.isHonest(id));
  }

  node(id: ReplicaId): SimulatedNode {
    const node = this.nodes[id];
    if (node === undefined) throw new RangeError(`no node ${id}`);
    return node;
  }

  /** Gives a node another cluster file and starts it again: the cluster's own, and `tuning`. */
  restartWith(id: ReplicaId, tuning: SimulatedTuning = {}): void {
    this.node(id).restart(this.fileOf({ ...this.options.tuning, ...tuning }));
  }

  private fileOf(tuning: SimulatedTuning): NodeFile {
    return { tuning, settings: this.settingsOf(tuning) };
  }

  /** Tells the listener of something that is done to the cluster. */
  note(text: string): void {
    this.tell({ kind: 'note', text });
  }

  private tell(event: ClusterEvent): void {
    this.options.listener?.(event, this.time.now());
  }

  private witness(event: InnerEvent): void {
    this.options.witness?.(event, this.time.now());
  }

  private isHonest(id: ReplicaId): boolean {
    return this.options.faulty?.has(id) !== true;
  }

  private createAdversary(): Adversary | undefined {
    const { seed, faulty = new Map<ReplicaId, SimulatedFault>(), isolations = [] } = this.options;
    const replicas = [...faulty].filter(([, kind]) => kind === 'byzantine').map(([id]) => id);
    if (replicas.length === 0) return undefined;
    const { windowSlots } = this.limits();
    return new Adversary(
      { facts: this.facts, replicas, windowSlots, isolations, note: (text) => this.note(text) },
      this.time,
      this.network,
      new Random(`${seed}/adversary`),
    );
  }

  private limits(): ReplicaTuning {
    return {
      ...DEFAULT_REPLICA_CONFIG,
      ...checkpointDefaults(this.options.nodes),
      ...this.options.tuning,
    };
  }

  private createCheckers(): Checkers {
    const honest = this.facts.members.map((_, id) => id).filter((id) => this.isHonest(id));
    return new Checkers({
      cluster: this.facts,
      honest: new Set(honest),
      limits: this.limits(),
      onViolation: ({ message }: Violation) => this.tell({ kind: 'violated', message }),
    });
  }

  private createNode(self: ReplicaId): SimulatedNode {
    const { time, network, checkers } = this;
    const { seed, faulty, tuning, clockRates, drifted } = this.options;
    const random = new Random(`${seed}/disk/${self}`);
    const disk = new SimulatedDisk(time, random, this.options.disk ?? INSTANT_DISK, {
      onAppended: (record) => {
        checkers.onAppended(self, record);
        this.witness({ kind: 'stored', replica: self, record });
      },
      onDurable: (record) => {
        checkers.onDurable(self, record);
        this.onDurable?.(self, record);
      },
    });
    const clockRate = clockRates?.[self] ?? 1;
    const node = new SimulatedNode(
      { self, seed, facts: this.facts, clockRate, adversary: this.adversary },
      this.fileOf({ ...tuning, ...drifted?.get(self) }),
      { time, network, disk },
      this.observerOf(self),
    );
    node.setFault(faulty?.get(self));
    return node;
  }

  private observerOf(replica: ReplicaId): NodeObserver {
    const { checkers, network } = this;
    return {
      onRestored: (restored) => {
        checkers.onRestored(replica, restored);
        this.witness({ kind: 'restored', replica, restored });
      },
      onExecuted: (slot) => this.tell({ kind: 'executed', replica, slot }),
      onProgress: (progress) => this.tell({ kind: 'progress', replica, progress }),
      onEvidence: (evidence) => this.tell({ kind: 'evidence', replica, evidence }),
      onReject: (code, from) => this.tell({ kind: 'rejected', replica, code, from }),
      onFatal: (error) => {
        this.tell({ kind: 'stopped', replica, error });
        checkers.onStopped(replica, error);
      },
      onReceived: (message) => {
        const from = network.delivering?.from;
        this.witness({ kind: 'received', replica, message, from });
      },
      onPower: (on) => this.witness({ kind: 'power', replica, on }),
      onFault: (fault) => this.witness({ kind: 'fault', replica, fault }),
      onBehaved: (honest, instead) => this.witness({ kind: 'behaved', replica, honest, instead }),
    };
  }

  private createClient(client: ClientId, verifier: Verifier): CcroClient {
    const { cluster, members } = this.facts;
    const { signedTogether } = this.options;
    return new CcroClient(
      {
        cluster,
        n: members.length,
        client,
        secretKey: developmentKey('client', client).secretKey,
        firstTimestamp: 1,
        ...(signedTogether === undefined ? {} : { maxSignedTogether: signedTogether }),
      },
      {
        broker: this.network.broker(clientConnectionName(client)),
        verifier,
        clock: this.time,
        defer: (task) => this.time.schedule(0, task),
        random: new Random(`${this.options.seed}/client/${client}`).next,
      },
    );
  }

  /** What leaves a node is shown to the checkers, and everything to the listener. */
  private overhear(published: Published): void {
    this.eavesdropper?.(published);
    const replica = replicaOfConnection(published.from);
    const observed = replica !== undefined && this.isHonest(replica);
    const truthful = observed || this.clientNames.has(published.from);
    const isWanted = observed || (truthful && this.adversary !== undefined);
    if (!isWanted && this.options.listener === undefined) return;
    const { message } = json.decode(published.payload, this.facts.cluster);
    this.tell({ kind: 'published', published, message });
    if (message === undefined) return;
    const toAll = published.channel === this.broadcast;
    if (observed) this.checkers.onSent(replica, message, toAll);
    if (observed && isOnSlot(message)) this.lastVoteMs = this.time.now();
    if (truthful) this.adversary?.hear(message);
  }
}

function isOnSlot(message: WireMessage): boolean {
  return message.kind === 'vote' && message.phase !== 'checkpoint';
}
