/**
 * A client of the cluster (PBFT, section 4.1): signs requests, sends them until f+1 replicas
 * answer alike, and asks replicas about themselves.
 *
 * `submit` is for a program that is alone under its client id and keeps nothing: it assigns
 * timestamps itself. A program that keeps requests beyond the process, or shares the id with another
 * process, assigns timestamps elsewhere, signs with `sign` and sends with `send`; then it has to keep
 * the invariants on timestamps and memory below itself.
 *
 * Invariants kept here:
 * - a timestamp is used for one operation, so replicas execute each request at most once however
 *   often it is sent;
 * - a result is believed when f+1 distinct members signed the same one, never earlier;
 * - a submitted request never grows stale while it waits: timestamps are dense, and none is used
 *   that lies further above the oldest one waiting than the replicas' client window reaches;
 * - bounded memory: at most `maxOutstanding` submitted requests, whatever replicas do.
 *
 * What is submitted while other requests are under way is signed together: see `outbound.ts`.
 */

import { channelNames, type Broker, type ChannelNames } from '@ccro/broker';
import {
  clusterSize,
  DEFAULT_REPLICA_CONFIG,
  primaryOf,
  type BriefReply,
  type ClientId,
  type ClusterSize,
  type ReplicaId,
  type Reply,
  type Request,
  type RequestResult,
  type SequenceNumber,
  type Settings,
  type Timestamp,
  type View,
} from '@ccro/consensus';
import { RequestSigner, resultsRoot, type DigestedDraft, type Verifier } from '@ccro/crypto';
import {
  CODECS,
  MAX_OPERATION_CHARACTERS,
  MAX_SIGNED_TOGETHER,
  type Codec,
  type CodecName,
  decodeAlsoOthers,
  DEFAULT_CODEC,
  type NodeAnswer,
  type NodeQuery,
} from '@ccro/wire';
import { BriefReplies } from './brief-replies.js';
import { ClientError } from './client-error.js';
import { soon, type Clock } from '@ccro/clock';
import { SettingsOfNodes } from './differing-settings.js';
import { NodeQueries } from './node-queries.js';
import { messageOf, Outbound } from './outbound.js';
import type { Submission } from './outcome.js';
import { OutstandingRequest, submissionOf } from './outstanding-request.js';
import { Rejections, type ClientRejectCode } from './rejections.js';
import { ReplyCheck } from './reply-check.js';
import { Responsiveness } from './responsiveness.js';
import { RetransmissionDelay, Retransmissions } from './retransmissions.js';
import { StoredReplies } from './stored-replies.js';
import { clockTimestamp, newestExecuted, Timestamps } from './timestamps.js';
import { ViewEstimate } from './view-estimate.js';

/**
 * How long after a decision late replies are awaited, so that the tallies are complete: as long as the
 * decision took, within these limits. What makes one slow makes the other slow.
 */
const SETTLING_MS = { least: 25, most: 250 } as const;
/** Half the replicas' default client window: a burst leaves room for the next one. */
const DEFAULT_MAX_OUTSTANDING = 2048;

export interface CcroClientOptions {
  readonly cluster: string;
  /** Number of replicas. */
  readonly n: number;
  readonly client: ClientId;
  /** The client's private key, as `libs/crypto` writes it. */
  readonly secretKey: string;
  /** Requests that may wait for their decision at a time, if submitted. Default 2048. */
  readonly maxOutstanding?: number;
  /** What the client was told of the cluster, to be compared with what nodes were told. */
  readonly settings?: Settings;
  /** The cluster's codec. Default: readable JSON. */
  readonly codec?: CodecName;
  /** W, as the replicas have it. Default: theirs. */
  readonly clientWindow?: number;
  /** Requests that one signature covers at most, 1 to 128. Default 128. */
  readonly maxSignedTogether?: number;
  /**
   * First one `submit` uses; above all that this client ever used. Default: from the clock, and
   * above what the replicas executed, once they said (`timestampsKnown`).
   */
  readonly firstTimestamp?: Timestamp;
}

export interface CcroClientDependencies {
  /** Connected by its owner, who also passes on what arrives on the client's channel. */
  readonly broker: Broker;
  readonly verifier: Verifier;
  readonly clock: Clock;
  /** A number in [0, 1) at each call; for jitter only. Default `Math.random`. */
  readonly random?: () => number;
  /** Told when the nodes turn out to have other settings, and when they no longer do: none. */
  readonly onSettingsDiffer?: (settings: readonly string[]) => void;
  /** Runs a task soon, when what is to be done now is done. Default: the machine's own `soon`. */
  readonly defer?: (task: () => void) => void;
}

/** What a replica says on one request. */
interface Word {
  readonly reply: Reply;
  readonly result: RequestResult;
  readonly stored: boolean;
}

/** Counters since the client was made. */
export interface ClientCounters {
  /** Requests sent, each counted once. */
  readonly submitted: number;
  readonly decided: number;
  readonly retransmitted: number;
  /** Requests that wait for their decision now. */
  readonly outstanding: number;
  readonly rejects: Readonly<Partial<Record<ClientRejectCode, number>>>;
}

export class CcroClient {
  readonly size: ClusterSize;
  /** What the nodes were told otherwise, by their latest answers. */
  readonly settings: SettingsOfNodes;
  private readonly channels: ChannelNames;
  private readonly codec: Codec;
  private readonly signer: RequestSigner;
  private readonly outbound: Outbound;
  private readonly rejections = new Rejections();
  private readonly queries: NodeQueries;
  private readonly briefReplies: BriefReplies;
  private readonly viewEstimate: ViewEstimate;
  private readonly responsiveness: Responsiveness;
  private readonly check: ReplyCheck;
  private readonly delay: RetransmissionDelay;
  private readonly retransmissions: Retransmissions;
  private readonly stored: StoredReplies;
  private readonly requests = new Map<Timestamp, OutstandingRequest>();
  /** Timestamps of requests of which it is not known that they executed, ascending. */
  private readonly waiting = new Set<Timestamp>();
  private readonly timestamps: Timestamps;
  private learning: Promise<void> | undefined;
  private known: Promise<void> | undefined;
  private sentCount = 0;
  /** The channel that replies and answers to this client arrive on. */
  readonly inbox: string;
  private decidedCount = 0;
  private retransmittedCount = 0;
  private closed = false;

  /** @throws KeyError for a malformed secret key, BrokerError for a name no channel can have */
  constructor(
    private readonly options: CcroClientOptions,
    private readonly dependencies: CcroClientDependencies,
  ) {
    const { cluster, n, client, secretKey, codec = DEFAULT_CODEC } = options;
    const { broker, verifier, clock, random = Math.random } = dependencies;
    this.size = clusterSize(n);
    this.settings = new SettingsOfNodes(options.settings, this.size, dependencies.onSettingsDiffer);
    this.channels = channelNames(cluster);
    this.inbox = this.channels.client(client);
    this.codec = CODECS[codec];
    this.signer = new RequestSigner({ cluster, secretKey });
    this.outbound = new Outbound({
      signer: this.signer,
      maxSignedTogether: options.maxSignedTogether ?? MAX_SIGNED_TOGETHER,
      defer: dependencies.defer ?? soon,
      publish: (together) => this.publishFirst(together),
    });
    this.briefReplies = new BriefReplies(n);
    this.viewEstimate = new ViewEstimate(this.size.weakQuorum);
    this.responsiveness = new Responsiveness(n);
    this.check = new ReplyCheck({ client, n, verifier, clock, rejections: this.rejections });
    this.delay = new RetransmissionDelay(random);
    this.retransmissions = new Retransmissions(clock, this.delay, (together) => {
      const waiting = this.broadcast(together);
      this.retransmittedCount += waiting.length;
      if (waiting.length > 0) this.outbound.congested();
      return waiting;
    });
    this.timestamps = new Timestamps(options.firstTimestamp ?? clockTimestamp(), this.clientWindow);
    this.queries = new NodeQueries({
      client,
      signer: this.signer,
      verifier,
      clock,
      rejections: this.rejections,
      send: (replica, query) =>
        broker.publish(this.channels.node(replica), this.codec.encode(query)),
    });
    this.stored = new StoredReplies({
      ...{ cluster, client, clock, size: this.size },
      isConnected: () => broker.connected && !this.closed,
      query: (replica, query, timeoutMs) => this.query(replica, query, timeoutMs),
      take: (reply) => {
        if (this.accepts(reply)) this.take(reply, true);
      },
      giveUp: (outstanding, error) => this.giveUp(outstanding, error),
    });
    broker.onConnectionChange((connected) => {
      if (!connected) return;
      this.retransmissions.sendAll();
      this.stored.resume();
    });
  }

  /** The view the cluster is believed to be in. */
  get view(): View {
    return this.viewEstimate.view;
  }

  /** How many more requests may be submitted now. */
  get capacity(): number {
    const { maxOutstanding = DEFAULT_MAX_OUTSTANDING } = this.options;
    const { next } = this.timestamps;
    const [oldest = next] = this.waiting;
    return Math.min(maxOutstanding - this.waitingCount, this.clientWindow - (next - oldest));
  }

  /** The smallest timestamp that may be used next, for who gives them out elsewhere. */
  get nextTimestamp(): Timestamp {
    return this.timestamps.next;
  }

  /**
   * Resolves when `nextTimestamp` lies above what f + 1 replicas say they executed of this client:
   * before that, a clock that was set back may give timestamps out which are stale. Asks until a quorum
   * answers; without one nothing would be decided either.
   */
  timestampsKnown(): Promise<void> {
    this.known ??= this.learn();
    return this.known;
  }

  /** Requests that are not decided yet. */
  private get waitingCount(): number {
    return this.waiting.size + this.stored.size;
  }

  private get clientWindow(): number {
    return this.options.clientWindow ?? DEFAULT_REPLICA_CONFIG.clientWindow;
  }

  counters(): ClientCounters {
    return {
      submitted: this.sentCount,
      decided: this.decidedCount,
      retransmitted: this.retransmittedCount,
      outstanding: this.waitingCount,
      rejects: this.rejections.snapshot(),
    };
  }

  /** Subscribes to the inbox and listens. For owners whose transport does not do it for them. */
  async listen(): Promise<void> {
    const { inbox } = this;
    this.dependencies.broker.onMessage((channel, payload) => {
      if (channel === inbox) this.receive(payload);
    });
    await this.dependencies.broker.subscribe([inbox]);
  }

  /**
   * Signs and sends a request, and goes on sending it until it is decided or given up.
   *
   * @param operation text the state machine understands; the replicas judge it, not the client
   * @throws ClientError `overloaded`, `closed` or `operation-too-large`, RangeError for text with
   *   lone surrogates (`JSON.stringify` makes none); then nothing was sent
   */
  submit(operation: string): Submission {
    if (this.closed) throw new ClientError('closed', 'the client was closed');
    if (this.capacity <= 0) {
      throw new ClientError('overloaded', `${this.waitingCount} requests are outstanding already`);
    }
    const draft = this.draft(this.timestamps.next, operation);
    const isIdle = this.waiting.size === 0;
    this.timestamps.take();
    const outstanding = this.begin(draft);
    this.outbound.add(outstanding);
    // Nothing is under way that it could be signed with: no need to wait for more.
    if (isIdle) this.outbound.flush();
    return submissionOf(outstanding);
  }

  /**
   * A request that is still to be signed.
   *
   * @param timestamp never used for another operation, by whatever process has this client's id
   * @throws ClientError `operation-too-large`, RangeError for text with lone surrogates
   */
  draft(timestamp: Timestamp, operation: string): DigestedDraft {
    if (operation.length > MAX_OPERATION_CHARACTERS) {
      const message = `an operation has at most ${MAX_OPERATION_CHARACTERS} characters`;
      throw new ClientError('operation-too-large', message);
    }
    return this.signer.digest({ client: this.options.client, timestamp, operation });
  }

  /** Signs requests without sending them, many with one signature. @returns them in order */
  sign(drafts: readonly DigestedDraft[]): readonly Request[] {
    return this.outbound.sign(drafts);
  }

  /**
   * Sends a request that this client's key signed, now or in an earlier process, and goes on
   * sending it until it is decided or given up. One that is outstanding already is not sent anew.
   *
   * @throws ClientError `closed`, or `timestamp-reused` when another one is outstanding under its
   *   timestamp
   */
  send(request: Request): Submission {
    if (this.closed) throw new ClientError('closed', 'the client was closed');
    const known = this.requests.get(request.timestamp);
    if (known === undefined) {
      const isIdle = this.waiting.size === 0;
      const outstanding = this.begin(request);
      outstanding.signed = request;
      this.outbound.add(outstanding);
      if (isIdle) this.outbound.flush();
      return submissionOf(outstanding);
    }
    if (known.request.digest !== request.digest) {
      const message = `timestamp ${request.timestamp} is outstanding with another operation`;
      throw new ClientError('timestamp-reused', message);
    }
    return submissionOf(known);
  }

  /** Stops sending the request with `timestamp`. It may still be decided. */
  abandon(timestamp: Timestamp): void {
    const request = this.requests.get(timestamp);
    if (request !== undefined) this.giveUp(request, new ClientError('abandoned', 'abandoned'));
  }

  /**
   * Asks one replica about itself.
   *
   * @returns an object of bounded size and depth; its fields are up to the replica
   * @throws ClientError `no-answer` or `closed`
   */
  async query(replica: ReplicaId, query: NodeQuery, timeoutMs: number): Promise<NodeAnswer> {
    if (this.closed) throw new ClientError('closed', 'the client was closed');
    return this.queries.ask(replica, query, timeoutMs);
  }

  /** Takes bytes that arrived in the inbox. Never throws on account of what is in them. */
  receive(payload: Uint8Array): void {
    if (this.closed) return;
    const { message, rejected } = decodeAlsoOthers(this.codec, payload, this.options.cluster);
    if (message === undefined) this.rejections.count(rejected);
    else if (message.kind === 'reply') this.onReply(message);
    else if (message.kind === 'brief-reply') this.onBriefReply(message);
    else if (message.kind === 'answer') this.queries.receive(message);
    else this.rejections.count('misdirected');
  }

  /** Gives up on whatever is outstanding. The broker stays its owner's. */
  close(): void {
    this.closed = true;
    for (const request of [...this.requests.values()]) {
      this.giveUp(request, new ClientError('closed', 'the client was closed'));
    }
    this.queries.close();
  }

  /** One at a time. Resolves when it is known, or the client is closed. */
  private learn(): Promise<void> {
    this.learning ??= this.askForTimestamps().finally(() => (this.learning = undefined));
    return this.learning;
  }

  private async askForTimestamps(): Promise<void> {
    const newest = await newestExecuted({
      size: this.size,
      clock: this.dependencies.clock,
      query: (replica, query, timeoutMs) => this.query(replica, query, timeoutMs),
      onAnswers: (answers) => this.settings.note(answers),
      isClosed: () => this.closed,
    });
    if (newest !== undefined) this.timestamps.executed(newest);
  }

  private begin(request: DigestedDraft): OutstandingRequest {
    const outstanding = new OutstandingRequest(
      request,
      this.size.weakQuorum,
      this.dependencies.clock.now(),
    );
    this.sentCount += 1;
    this.requests.set(request.timestamp, outstanding);
    this.waiting.add(request.timestamp);
    return outstanding;
  }

  /** To the primary alone: the others need it only if it does not come with the pre-prepare. */
  private publishFirst(together: readonly OutstandingRequest[]): void {
    const message = messageOf(together);
    if (message === undefined) return;
    const primary = primaryOf(this.view, this.size.n);
    const payload = this.codec.encode(message);
    this.dependencies.broker.publish(this.channels.node(primary), payload).then(
      (receivers) => {
        if (receivers === 0) this.broadcast(together);
      },
      // The broker is away: the requests are sent again when it is back.
      () => undefined,
    );
    this.retransmissions.schedule(together);
  }

  /** Sends those of requests that one message carries which still wait. @returns them */
  private broadcast(together: readonly OutstandingRequest[]): readonly OutstandingRequest[] {
    const waiting = together.filter(({ phase, fetching }) => phase === 'waiting' && !fetching);
    const message = messageOf(waiting);
    if (message !== undefined) {
      const payload = this.codec.encode(message);
      this.dependencies.broker.publish(this.channels.broadcast, payload).catch(() => undefined);
    }
    return waiting;
  }

  private onReply(reply: Reply): void {
    if (!this.isWanted(reply) || !this.accepts(reply)) return;
    this.take(reply);
    const waited = this.briefReplies.onResults(reply.replica, resultsRoot(reply), reply.results);
    for (const brief of waited) this.onBriefReply(brief);
  }

  /** Without results it says nothing, so it is not checked before they are here. */
  private onBriefReply(brief: BriefReply): void {
    const reply = this.briefReplies.completed(brief);
    if (reply !== undefined) {
      if (this.isWanted(reply) && this.accepts(brief)) this.take(reply);
      return;
    }
    const mayHold = this.check.mayHold(brief);
    // The first sign of life of a replica counts at once.
    if (!mayHold || this.responsiveness.isSilent(brief.replica)) this.accepts(brief);
    if (mayHold) this.briefReplies.wait(brief);
  }

  /**
   * Replies to what is settled come late, or again: checking their signatures would be for nothing, unless
   * they are the first sign of life of a replica.
   */
  private isWanted({ replica, results }: Reply): boolean {
    if (this.responsiveness.isSilent(replica)) return true;
    return results.some(({ timestamp }) => this.requests.has(timestamp));
  }

  private accepts(reply: Reply | BriefReply): boolean {
    if (!this.check.accepts(reply)) return false;
    this.responsiveness.heard(reply.replica);
    this.viewEstimate.observe(reply.replica, reply.view);
    return true;
  }

  /** @param stored whether it is what a replica stored when the requests executed */
  private take(reply: Reply, stored = false): void {
    const decided: OutstandingRequest[] = [];
    for (const result of reply.results) this.onResult({ reply, result, stored }, decided);
    if (decided.length > 0) this.settleSoon(decided);
  }

  private onResult({ reply, result, stored }: Word, decided: OutstandingRequest[]): void {
    const outstanding = this.requests.get(result.timestamp);
    // Decided already, or sent by another process with this client's id: a member signed it, so
    // it is no offence.
    if (outstanding === undefined) return;
    const added = outstanding.add(reply, result, stored);
    if (added === 'conflicting') this.rejections.count('conflicting-reply');
    if (added !== 'added') return;
    if (outstanding.decideIfMatched(this.dependencies.clock.now())) {
      if (this.onDecided(outstanding)) decided.push(outstanding);
    } else if (outstanding.phase === 'settling') this.settleIfComplete(outstanding);
    else if (outstanding.droppedIn !== undefined) {
      this.fetchDropped(outstanding, outstanding.droppedIn);
    }
  }

  /**
   * The replicas hold the result no more: they are asked for what they stored of the slot. It
   * executed, so it is not sent again, and cannot grow stale any more.
   */
  private fetchDropped(outstanding: OutstandingRequest, sequence: SequenceNumber): void {
    if (outstanding.fetching) return;
    outstanding.fetching = true;
    this.waiting.delete(outstanding.timestamp);
    this.retransmissions.ended(outstanding);
    this.outbound.ended(outstanding);
    this.stored.fetch(outstanding, sequence);
  }

  /** @returns whether more replies are awaited */
  private onDecided(outstanding: OutstandingRequest): boolean {
    this.waiting.delete(outstanding.timestamp);
    this.stored.ended(outstanding);
    this.retransmissions.decided(outstanding);
    this.outbound.ended(outstanding);
    if (outstanding.phase === 'closed') {
      this.requests.delete(outstanding.timestamp);
      // Refused for its timestamp: the program that assigns them has to correct that.
      if (this.known !== undefined) void this.learn();
      return false;
    }
    this.decidedCount += 1;
    this.delay.observe(outstanding.ageAtDecisionMs);
    this.settleIfComplete(outstanding);
    return outstanding.phase === 'settling';
  }

  /** Late replies to what was decided on one reply are awaited for the same time. */
  private settleSoon(decided: readonly OutstandingRequest[]): void {
    const slowestMs = Math.max(SETTLING_MS.least, ...decided.map((each) => each.ageAtDecisionMs));
    this.dependencies.clock.schedule(Math.min(slowestMs, SETTLING_MS.most), () => {
      for (const outstanding of decided) {
        if (outstanding.phase !== 'settling') continue;
        this.responsiveness.settle((replica) => outstanding.replies.has(replica));
        this.settle(outstanding);
      }
    });
  }

  private settleIfComplete(outstanding: OutstandingRequest): void {
    const complete = this.responsiveness.allIn((replica) => outstanding.replies.has(replica));
    if (complete) this.settle(outstanding);
  }

  private settle(outstanding: OutstandingRequest): void {
    this.requests.delete(outstanding.timestamp);
    outstanding.settle();
  }

  private giveUp(outstanding: OutstandingRequest, error: ClientError): void {
    if (this.waiting.delete(outstanding.timestamp)) this.retransmissions.ended(outstanding);
    this.requests.delete(outstanding.timestamp);
    outstanding.fail(error);
    this.stored.ended(outstanding);
    this.outbound.ended(outstanding);
  }
}
