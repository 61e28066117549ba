import { channelNames, type Broker, type InProcessHub } from '@ccro/broker';
import { developmentKey, settingsOf, type ClusterConfig } from '@ccro/cluster-config';
import type { Certificate, Decision, Reply, Request, RequestResult } from '@ccro/consensus';
import { createDigests, createEd25519Scheme, MessageSigner } from '@ccro/crypto';
import { createStateMachine } from '@ccro/state-machine';
import { json, parseNodeQuery, type NodeQuery, type Query } from '@ccro/wire';

/** What a scripted replica says instead of the truth. Undefined: nothing at all. */
export interface Script {
  /** Does not take part: neither replies nor answers. */
  offline?: boolean;
  /** Whom it says to have gathered the votes. Default: node 2. */
  collector?: number;
  result?: (honest: RequestResult) => RequestResult;
  answer?: (query: NodeQuery, honest: unknown) => unknown;
  /** The same as text, for what JSON.stringify cannot write. */
  answerText?: (query: NodeQuery, honest: unknown) => string;
}

/**
 * Replicas without consensus: one of them executes what it receives, in order, and all sign that
 * result with their own keys. Enough to test clients of a cluster.
 */
export class ScriptedCluster {
  readonly scripts: Script[];
  readonly decisions: Decision[] = [];
  /** Requests in the order of their arrival, repetitions included. */
  readonly heard: Request[] = [];
  view = 0;
  /** While set, requests are heard and not executed. */
  stalled = false;
  /** Requests that are heard and not executed, for as long as they are among these. */
  ignores: (request: Request) => boolean = () => false;

  private readonly broker: Broker;
  private readonly machine = createStateMachine();
  private readonly results = new Map<string, RequestResult>();
  /** The highest timestamps that executed, by client. */
  readonly newest = new Map<string, number>();
  private readonly signers: readonly MessageSigner[];
  private readonly queries: NodeQuery['type'][] = [];
  /** Ids of queries that were taken: what is repeated is dropped. */
  private readonly taken = new Set<string>();
  private onAsked: () => void = () => undefined;

  constructor(
    private readonly config: ClusterConfig,
    hub: InProcessHub,
  ) {
    this.broker = hub.broker('scripted');
    this.scripts = config.members.map(() => ({}));
    this.signers = config.members.map(
      ({ id }) =>
        new MessageSigner({
          cluster: config.cluster,
          replica: id,
          secretKey: developmentKey('node', id).secretKey,
        }),
    );
    this.broker.onMessage((channel, payload) => this.receive(channel, payload));
  }

  async start(): Promise<void> {
    const channels = channelNames(this.config.cluster);
    await this.broker.connect();
    const inboxes = this.config.members.map(({ id }) => channels.node(id));
    await this.broker.subscribe([channels.broadcast, ...inboxes]);
  }

  async close(): Promise<void> {
    await this.broker.close();
  }

  /** Resolves when so many queries of this type were answered or refused to be. */
  asked(type: NodeQuery['type'], times: number): Promise<void> {
    return new Promise((resolve) => {
      this.onAsked = () => {
        if (this.queries.filter((each) => each === type).length >= times) resolve();
      };
      this.onAsked();
    });
  }

  /** A decision over `requests` with a certificate of the first quorum. */
  decide(sequence: number, requests: readonly Request[]): Decision {
    const { cluster } = this.config;
    const digest = createDigests().batch(requests.map((request) => request.digest));
    const slot = { phase: 'commit', view: this.view, sequence, digest } as const;
    const quorum = this.signers.slice(0, Math.ceil((2 * this.signers.length) / 3));
    const votes = quorum.map((signer, replica) =>
      signer.sign({ kind: 'vote', ...slot, replica, attempt: 0 }),
    );
    const members = this.config.members.map(({ publicKey }) => publicKey);
    const certificate: Certificate = createEd25519Scheme({ cluster, members }).assemble(votes);
    return { kind: 'decision', sequence, view: this.view, digest, requests, certificate };
  }

  private receive(channel: string, payload: Uint8Array): void {
    const { message } = json.decode(payload, this.config.cluster);
    if (message?.kind === 'request') this.onRequest(message);
    if (message?.kind === 'requests') message.requests.forEach((each) => this.onRequest(each));
    if (message?.kind === 'query') this.onQuery(Number(channel.split(':').at(-1)), message);
  }

  private onRequest(request: Request): void {
    this.heard.push(request);
    if (this.stalled || this.ignores(request)) return;
    const result = this.results.get(request.digest) ?? this.execute(request);
    this.scripts.forEach(({ offline, result: lie }, replica) => {
      if (offline !== true) this.reply(replica, request.client, lie?.(result) ?? result);
    });
  }

  private execute(request: Request): RequestResult {
    const sequence = this.decisions.length + 1;
    const decision = this.decide(sequence, [request]);
    this.decisions.push(decision);
    const { client, timestamp, operation, digest } = request;
    const context = { client, timestamp, sequence };
    const text = this.machine.execute(operation, context);
    const result = { timestamp, request: digest, sequence, batch: decision.digest, result: text };
    this.results.set(digest, result);
    this.newest.set(client, Math.max(timestamp, this.newest.get(client) ?? -1));
    return result;
  }

  private reply(replica: number, client: string, result: RequestResult): void {
    const reply = this.signedReply(replica, client, result);
    if (reply !== undefined) this.publish(client, json.encode(reply));
  }

  private signedReply(replica: number, client: string, result: RequestResult): Reply | undefined {
    return this.signers[replica]?.sign({
      kind: 'reply',
      replica,
      client,
      view: this.view,
      results: [result],
      tally: { correct: 2 * (this.signers.length - 1), corrupt: 0 },
      ...(this.config.mode === 'pbft' ? {} : { collector: this.scripts[replica]?.collector ?? 2 }),
    });
  }

  private onQuery(replica: number, { id, client, query: text }: Query): void {
    const query = parseNodeQuery(text);
    const script = this.scripts[replica];
    if (query === undefined || script === undefined || this.taken.has(id)) return;
    this.taken.add(id);
    this.queries.push(query.type);
    this.onAsked();
    if (script.offline === true) return;
    const honest = this.answerTo(replica, query, client);
    const answer = script.answer === undefined ? honest : script.answer(query, honest);
    if (answer === undefined) return;
    const signed = this.signers[replica]?.signAnswer({
      kind: 'answer' as const,
      id,
      replica,
      answer: script.answerText?.(query, honest) ?? JSON.stringify(answer),
    });
    if (signed !== undefined) this.publish(client, json.encode(signed));
  }

  private answerTo(replica: number, query: NodeQuery, client: string): unknown {
    const lastExecuted = this.decisions.length;
    switch (query.type) {
      case 'status':
        return {
          id: replica,
          up: true,
          mode: this.config.mode,
          settings: settingsOf(this.config),
          view: this.view,
          primary: this.view % this.signers.length,
          collector: this.config.mode === 'pbft' ? null : 2,
          lastExecuted,
          fault: null,
          tally: { correct: 6, corrupt: 0 },
          evidence: [],
          rejects: {},
          uptimeMs: 1,
        };
      case 'ledger':
        return {
          decisions: this.decisions
            .slice(query.from - 1, query.from - 1 + query.limit)
            .map(travelForm),
          lastExecuted,
        };
      case 'decision':
        return {
          decisions: this.decisions.slice(query.sequence - 1, query.sequence).map(travelForm),
          lastExecuted,
        };
      case 'reply': {
        const decision = this.decisions[query.sequence - 1];
        const result = this.results.get(decision?.requests[0]?.digest ?? '');
        if (result?.timestamp !== query.timestamp) return { reply: null, lastExecuted };
        const lie = this.scripts[replica]?.result;
        const reply = this.signedReply(replica, query.client, lie?.(result) ?? result);
        return { reply: reply && JSON.parse(json.encode(reply).toString()), lastExecuted };
      }
      case 'newest-timestamp':
        return { newest: this.newest.get(client) ?? -1, settings: settingsOf(this.config) };
      case 'set-fault':
        return { fault: query.fault };
    }
  }

  private publish(client: string, payload: Uint8Array): void {
    const channel = channelNames(this.config.cluster).client(client);
    this.broker.publish(channel, payload).catch(() => undefined);
  }
}

/** A decision as the wire has it: requests without their digests. */
export function travelForm(decision: Decision): unknown {
  return JSON.parse(Buffer.from(json.encode(decision)).toString('utf8'));
}
