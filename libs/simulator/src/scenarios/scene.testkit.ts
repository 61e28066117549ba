/**
 * What the scenario specs share: a simulated cluster whose whole conversation is recorded, traitors
 * who sign lies with their own keys, a network that loses what a scenario says, and one check of
 * what was decided.
 */

import { channelNames, nodeConnectionName, parseChannel } from '@ccro/broker';
import type { Outcome } from '@ccro/client';
import { developmentKey } from '@ccro/cluster-config';
import {
  clusterSize,
  collectorOf,
  type ClientId,
  type Digest,
  type Evidence,
  type RejectCode,
  type ReplicaId,
  type Request,
  type Status,
  type UnsignedMemberMessage,
  type ViewChange,
  type Vote,
} from '@ccro/consensus';
import { MessageSigner, RequestSigner } from '@ccro/crypto';
import type { Behaviour, FaultKind, OutgoingSend } from '@ccro/faults';
import { createStateMachine } from '@ccro/state-machine';
import { json, type WireMessage } from '@ccro/wire';
import { expect } from 'vitest';
import { SimulatedCluster, type SimulationOptions } from '../simulated-cluster.js';
import type { SimulatedNode } from '../simulated-node.js';
import { replicaOfConnection } from '../trace/names.js';

/** Both modes, each with the smallest cluster and with two faulty replicas. */
export const CLUSTERS = (['pbft', 'ccro'] as const).flatMap((mode) =>
  [4, 7].map((n) => ({ mode, n })),
);
/** The mode with a collector, in both sizes. */
export const COLLECTING = CLUSTERS.filter(({ mode }) => mode === 'ccro');

/** A replica, or the name of another connection. */
export type Party = ReplicaId | string;

/** A message on its way from one party to one other. */
export interface Passage {
  readonly message: WireMessage | undefined;
  readonly from: Party;
  readonly to: Party;
}

/** A message as it was published. */
export interface Said {
  readonly atMs: number;
  readonly from: Party;
  /** `all`, a replica or a client. */
  readonly to: Party;
  readonly message: WireMessage;
  readonly payload: Uint8Array;
}

/**
 * The fast path is off unless `tuning` says otherwise: most scenarios are about both rounds. And
 * each request is signed and sent alone.
 */
export interface SceneOptions extends Omit<SimulationOptions, 'seed' | 'nodes' | 'faulty'> {
  readonly n: number;
  readonly seed?: number;
  /** Replicas that are held to nothing. Those without a kind of fault begin honestly. */
  readonly faulty?: ReadonlyMap<ReplicaId, FaultKind> | readonly ReplicaId[];
}

export class Scene {
  readonly cluster: SimulatedCluster;
  readonly n: number;
  readonly f: number;
  readonly quorum: number;
  /** Primary of view 0. */
  readonly primary = 0;
  /** The first collector of view 0. */
  readonly collector: ReplicaId;
  readonly said: Said[] = [];
  /** Which passages do not come to pass. */
  loses: (passage: Passage) => boolean = () => false;
  /** Sees each message once it was published. */
  hears: (said: Said) => void = () => undefined;
  private readonly decoded = new WeakMap<Uint8Array, { message: WireMessage | undefined }>();

  constructor({ n, seed = n, faulty = [], tuning, ...rest }: SceneOptions) {
    const options = { signedTogether: 1, ...rest, tuning: { fastPath: false, ...tuning } };
    const { f, quorum } = clusterSize(n);
    this.n = n;
    this.f = f;
    this.quorum = quorum;
    this.collector = collectorOf(this.primary, n, 0);
    const kinds: (readonly [ReplicaId, FaultKind | undefined])[] =
      faulty instanceof Map ? [...faulty] : [...faulty].map((id) => [id, undefined]);
    const named = new Map(kinds.map(([id, kind]) => [id, kind ?? 'delay'] as const));
    this.cluster = new SimulatedCluster({ ...options, seed, nodes: n, faulty: named });
    for (const [id, kind] of kinds) this.cluster.node(id).setFault(kind);
    const { network, time } = this.cluster;
    network.connected = (from, to, payload) =>
      !this.loses({ message: this.read(payload), from: partyOf(from), to: partyOf(to) });
    this.cluster.eavesdropper = ({ from, channel, payload }) => {
      const message = this.read(payload);
      if (message === undefined) return;
      const said = { atMs: time.now(), from: partyOf(from), to: receiverOf(channel), message };
      this.said.push({ ...said, payload });
      this.hears({ ...said, payload });
    };
  }

  /** A cluster that runs. */
  static async of(options: SceneOptions): Promise<Scene> {
    const scene = new Scene(options);
    await scene.cluster.start();
    return scene;
  }

  node(id: ReplicaId): SimulatedNode {
    return this.cluster.node(id);
  }

  get honest(): readonly SimulatedNode[] {
    return this.cluster.honestNodes();
  }

  get outcomes(): readonly Outcome[] {
    return this.cluster.outcomes;
  }

  /** Ids of the first replicas that are none of `others`. */
  first(count: number, ...others: ReplicaId[]): ReplicaId[] {
    return Array.from({ length: this.n }, (_, id) => id)
      .filter((id) => !others.includes(id))
      .slice(0, count);
  }

  /** Lets so much virtual time pass. */
  async pass(ms: number): Promise<void> {
    await this.cluster.time.runUntil(() => false, ms);
  }

  /** Waits for `condition`, which must come true within the limit of virtual time. */
  async until(what: string, condition: () => boolean, limitMs = 10_000): Promise<void> {
    const came = await this.cluster.time.runUntil(condition, limitMs);
    if (!came) throw new Error(`${what}: not within ${limitMs} ms; ${this.describe()}`);
  }

  /** Appends `values`, which must all be decided in time. @returns all outcomes so far */
  async decide(values: readonly string[], limitMs = 1_000): Promise<readonly Outcome[]> {
    this.cluster.submit(...values);
    await this.untilDecided(limitMs);
    return this.outcomes;
  }

  /** Waits until everything that was submitted is decided. */
  async untilDecided(limitMs = 1_000): Promise<void> {
    const { cluster } = this;
    await this.until(
      'everything decided',
      () => cluster.outcomes.length >= cluster.submitted,
      limitMs,
    );
  }

  /** Waits until all honest replicas have executed up to the same slot, `sequence` at least. */
  async untilLevel(sequence = 1, limitMs = 10_000): Promise<void> {
    await this.until(
      `level at ${sequence} or above`,
      () => {
        const reached = this.honest.map((node) => node.status().lastExecuted);
        return reached.every((last) => last >= sequence && last === reached[0]);
      },
      limitMs,
    );
  }

  /** Makes what `replica` says anything else, signed with its own key. */
  corrupt(replica: ReplicaId, outgoing: (send: OutgoingSend) => readonly OutgoingSend[]): void {
    const behaviour: Behaviour = { kind: 'equivocate', hears: () => true, outgoing };
    this.node(replica).behave(behaviour);
  }

  /** What an honest replica says in a status of what it was told. */
  get told(): Pick<Status, 'settings' | 'run' | 'answers'> {
    return { settings: this.cluster.facts.settings, run: 'run', answers: null };
  }

  /** Somebody with the key of `replica`. */
  as(replica: ReplicaId): Liar {
    return new Liar(this, replica);
  }

  /** Publishes bytes in the name of a connection, to all or to one replica. */
  publish(from: Party, to: ReplicaId | 'all', payload: Uint8Array): void {
    const channels = channelNames(this.cluster.facts.cluster);
    const name = typeof from === 'number' ? nodeConnectionName(from) : from;
    const channel = to === 'all' ? channels.broadcast : channels.node(to);
    this.cluster.network.publish(name, channel, payload);
  }

  /** Who is accused of `kind` by honest replicas in their present lives, ascending. */
  accused(kind: Evidence['kind']): ReplicaId[] {
    const entries = this.honest.flatMap((node) => node.evidence.entries());
    const accused = entries.filter((entry) => entry.kind === kind).map((entry) => entry.accused);
    return [...new Set(accused)].sort((a, b) => a - b);
  }

  /** How often each honest replica refused something as `code`, those that run. */
  refusals(code: RejectCode): number[] {
    return this.honest.filter(({ running }) => running).map((node) => refusalsOf(node, code));
  }

  /** Views that honest replicas are in, each once. */
  get views(): number[] {
    return [...new Set(this.honest.map((node) => node.status().view))];
  }

  /** What honest replicas have signed of one kind. */
  saidByHonest<K extends WireMessage['kind']>(kind: K): Extract<WireMessage, { kind: K }>[] {
    const honest = new Set<Party>(this.honest.map(({ id }) => id));
    return this.said
      .filter(({ from }) => honest.has(from))
      .map(({ message }) => message)
      .filter((message): message is Extract<WireMessage, { kind: K }> => message.kind === kind);
  }

  /** Honest replicas whose certificate timer ran out in a slot, and how often at most. */
  timeouts(sequence: number): { readonly replicas: number; readonly attempts: number } {
    const reminders = this.saidByHonest('vote').filter(
      (vote) => vote.phase !== 'checkpoint' && vote.sequence === sequence && vote.attempt > 0,
    );
    return {
      replicas: new Set(reminders.map(({ replica }) => replica)).size,
      attempts: Math.max(0, ...reminders.map(({ attempt }) => attempt)),
    };
  }

  /** View-changes of honest replicas: views they asked for, each once, ascending. */
  get viewsAskedFor(): number[] {
    const views = this.saidByHonest('view-change').map(({ view }: ViewChange) => view);
    return [...new Set(views)].sort((a, b) => a - b);
  }

  /** Votes of honest replicas on slots. */
  get honestVotes(): Vote[] {
    return this.saidByHonest('vote').filter(({ phase }) => phase !== 'checkpoint');
  }

  /** The digest that `primary` proposed at a slot in a view, the first one if there were more. */
  proposed(sequence: number, view = 0): Digest {
    for (const { message } of this.said) {
      if (message.kind !== 'pre-prepare') continue;
      if (message.sequence === sequence && message.view === view) return message.digest;
    }
    throw new Error(`nothing was proposed at ${sequence} in view ${view}`);
  }

  /** Operations in the batch decided at `sequence`. */
  operationsAt(sequence: number): string[] | undefined {
    return this.cluster.checkers.decided.get(sequence)?.map(({ operation }) => operation);
  }

  /**
   * Everything that was submitted has executed, once, and nothing else; clients were told what
   * executing the decided batches gives; honest replicas are level and have the same history and
   * state; none stopped, and no invariant was violated.
   */
  async expectDecidedRight(limitMs = 10_000): Promise<void> {
    const { cluster } = this;
    expect(cluster.outcomes).toHaveLength(cluster.submitted);
    await this.untilLevel(
      Math.max(1, ...cluster.outcomes.map(({ sequence }) => sequence)),
      limitMs,
    );
    this.expectSound();
    const signed = new Set(this.executed().map(({ digest }) => digest));
    expect(signed).toEqual(new Set(cluster.outcomes.map(({ request }) => request)));
    const replayed = this.replay();
    for (const { request, sequence, resultText } of cluster.outcomes) {
      expect({ request, sequence, resultText }).toEqual({ request, ...replayed.get(request) });
    }
  }

  /** A replica that is held to nothing gets level with the honest ones, and has their state. */
  async expectSameState(id: ReplicaId): Promise<void> {
    const [honest] = this.honest;
    await this.until(
      `replica ${id} is level`,
      () => this.node(id).status().lastExecuted === honest?.status().lastExecuted,
    );
    expect(this.node(id).stateDigest()).toBe(honest?.stateDigest());
  }

  /** No invariant is violated, no honest replica stopped, and they have the same history. */
  expectSound(): void {
    for (const node of this.honest) {
      if (node.running) this.cluster.checkers.onStatus(node.id, node.status());
    }
    expect(this.cluster.checkers.violations).toEqual([]);
    expect(this.honest.filter(({ stopped }) => stopped)).toEqual([]);
    const last = Math.max(...this.honest.map((node) => node.status().lastExecuted));
    const level = this.honest.filter((node) => node.status().lastExecuted === last);
    expect(new Set(level.map((node) => node.status().ledgerHead)).size).toBe(1);
    expect(new Set(level.map((node) => node.stateDigest())).size).toBe(1);
  }

  /** Requests in decided batches, in order, as they executed: each once. */
  executed(): Request[] {
    return this.executions().map(({ request }) => request);
  }

  private executions(): { readonly request: Request; readonly sequence: number }[] {
    const bySlot = [...this.cluster.checkers.decided].sort(([a], [b]) => a - b);
    const known = new Set<string>();
    return bySlot
      .flatMap(([sequence, batch]) => batch.map((request) => ({ request, sequence })))
      .filter(({ request: { client, timestamp } }) => {
        const name = `${client}/${timestamp}`;
        const isNew = !known.has(name);
        known.add(name);
        return isNew;
      });
  }

  /** What executing the decided batches gives, on a state machine of our own, by request. */
  private replay(): Map<Digest, { readonly sequence: number; readonly resultText: string }> {
    const stateMachine = createStateMachine();
    return new Map(
      this.executions().map(({ request, sequence }) => {
        const { client, timestamp, operation, digest } = request;
        const resultText = stateMachine.execute(operation, { client, timestamp, sequence });
        return [digest, { sequence, resultText }];
      }),
    );
  }

  private read(payload: Uint8Array): WireMessage | undefined {
    const known = this.decoded.get(payload);
    if (known !== undefined) return known.message;
    const { message } = json.decode(payload, this.cluster.facts.cluster);
    this.decoded.set(payload, { message });
    return message;
  }

  private describe(): string {
    const nodes = this.cluster.nodes.map((node) => {
      const { view, active, lastExecuted, stableCheckpoint } = node.status();
      const up = node.running ? '' : ' down';
      return `${node.id}:${up} view ${view}${active ? '' : '?'} executed ${lastExecuted} stable ${stableCheckpoint}`;
    });
    const found = this.cluster.checkers.violations.map(({ message }) => message);
    return [...nodes, ...found].join('; ');
  }
}

/** Somebody with a replica's key, who says what they like. */
export class Liar {
  private readonly signer: MessageSigner;

  constructor(
    private readonly scene: Scene,
    readonly replica: ReplicaId,
    /** Of another cluster, if the key is used there. */
    cluster = scene.cluster.facts.cluster,
  ) {
    const { secretKey } = developmentKey('node', replica);
    this.signer = new MessageSigner({ cluster, replica, secretKey });
  }

  /** What is said, signed. */
  sign: MessageSigner['sign'] = (message) => this.signer.sign(message);

  /** Signs `message` and sends it, to all unless told otherwise. */
  say(message: UnsignedMemberMessage, to: ReplicaId | 'all' = 'all'): void {
    this.scene.publish(this.replica, to, json.encode(this.signer.sign(message)));
  }

  /** Sends what proves itself, or is said to. */
  pass(message: WireMessage, to: ReplicaId | 'all' = 'all'): void {
    this.scene.publish(this.replica, to, json.encode(message));
  }
}

/** A request that `client` signs, known to the checkers as signed. */
export function signedRequest(
  scene: Scene,
  client: ClientId,
  timestamp: number,
  operation: string,
): Request {
  const { secretKey } = developmentKey('client', client);
  const signer = new RequestSigner({ cluster: scene.cluster.facts.cluster, secretKey });
  const request = signer.sign({ client, timestamp, operation });
  scene.cluster.checkers.onSigned(request);
  return request;
}

/** How often `node` refused something as `code` in its present life. */
export function refusalsOf(node: SimulatedNode, code: RejectCode): number {
  return node.counters().rejects[code] ?? 0;
}

/** The same message, to these replicas alone. */
export function onlyTo(send: OutgoingSend, replicas: readonly ReplicaId[]): OutgoingSend[] {
  return replicas.map((id) => ({ ...send, to: { kind: 'replica', id } }));
}

function partyOf(connection: string): Party {
  return replicaOfConnection(connection) ?? connection;
}

function receiverOf(channel: string): Party {
  const parsed = parseChannel(channel);
  if (parsed?.kind === 'node') return parsed.node;
  return parsed?.kind === 'client' ? parsed.client : 'all';
}
