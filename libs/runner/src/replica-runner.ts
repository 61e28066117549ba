/**
 * Runs one replica: bytes from the broker in, decoded, screened, verified and stepped; effects
 * out, persisted, signed and published. The core decides, this file only carries out.
 */

import type { Broker, ChannelNames } from '@ccro/broker';
import {
  isTakenBy,
  isUnsigned,
  type ClientId,
  type Destination,
  type Digest,
  type Effect,
  type Evidence,
  type ExecutedSlot,
  type Input,
  type Progress,
  type ProtocolMessage,
  type RejectCode,
  type Replica,
  type ReplicaId,
  type ReplicaStatus,
  type SequenceNumber,
  type Tally,
  type Timestamp,
  type Verified,
  type VerifiedMessage,
  type Via,
  type Vote,
  type Waiting,
} from '@ccro/consensus';
import {
  Doubt,
  isRejected,
  type MessageSigner,
  type SealedMessage,
  type Verifier,
} from '@ccro/crypto';
import type { Behaviour, OutgoingSend } from '@ccro/faults';
import type { ReplicaStore } from '@ccro/storage';
import { type Codec, decodeAlsoOthers, type Query } from '@ccro/wire';
import type { Clock } from '@ccro/clock';
import { DecisionSender, type WantedDecisions } from './decision-sender.js';
import { EvidenceLog } from './evidence-log.js';
import { originOf } from './origin.js';
import { Outbox, type VisibleEffect } from './outbox.js';
import { decisionOf, SlotTraffic, type SlotTrafficCount } from './slot-traffic.js';
import { ReplicaTimers } from './replica-timers.js';
import { SnapshotKeeper } from './snapshot-keeper.js';
import { VotePool, voteWaits } from './vote-pool.js';

/** What a runner is made of, chosen where the node is wired. */
export interface RunnerParts {
  readonly self: ReplicaId;
  /** Number of replicas. */
  readonly n: number;
  readonly cluster: string;
  readonly replica: Replica;
  readonly signer: MessageSigner;
  readonly verifier: Verifier;
  readonly store: ReplicaStore;
  readonly codec: Codec;
  readonly broker: Broker;
  readonly channels: ChannelNames;
  readonly clock: Clock;
}

/** What happens to a replica that its owner may want to log, show or count. */
export interface RunnerListener {
  /** A message was verified and is about to be stepped; not called for the replica's own. */
  onReceived?(message: VerifiedMessage): void;
  /** A message leaves, be it what the core wanted or what a faulty node says instead. */
  onSent?(to: Destination, message: SealedMessage): void;
  onExecuted?(slot: ExecutedSlot): void;
  onProgress?(progress: Progress): void;
  onEvidence?(evidence: Evidence): void;
  onReject?(code: RejectCode, from: string | number | undefined): void;
  /** A client's question about this node: not for the core, and not verified yet. `codec`: it came in. */
  onQuery?(query: Query, codec: Codec): void;
  /** The replica must not go on: a violated invariant or a store that failed. */
  onFatal(error: unknown): void;
}

/** Counters since the start. */
export interface RunnerCounters {
  readonly received: number;
  readonly rejects: Readonly<Partial<Record<RejectCode, number>>>;
  /**
   * Votes whose signature does not hold, by the member they name. Any publisher can name any member,
   * so this is a hint and no proof.
   */
  readonly badVotes: Readonly<Record<ReplicaId, number>>;
  /** Messages that could not be published because the broker was away. */
  readonly unsent: number;
}

export class ReplicaRunner {
  readonly evidence = new EvidenceLog();
  /** Of whatever is checked for this replica. */
  readonly doubt: Doubt;
  private readonly outbox: Outbox;
  private readonly timers: ReplicaTimers;
  private readonly snapshots: SnapshotKeeper;
  private readonly decisions: DecisionSender;
  private readonly slotTraffic = new SlotTraffic();
  /** Where votes wait for each other, if they are cheaper to check together. */
  private readonly pool: VotePool | undefined;
  private readonly rejects: Partial<Record<RejectCode, number>> = {};
  private readonly badVotes: Record<ReplicaId, number> = {};
  private received = 0;
  private unsent = 0;
  private running = false;
  private behaviour: Behaviour | undefined;

  constructor(
    private readonly parts: RunnerParts,
    private readonly listener: RunnerListener,
  ) {
    this.outbox = new Outbox(
      parts.store,
      (effect) => this.perform(effect),
      (error) => this.fail(error),
    );
    this.doubt = new Doubt(parts.clock);
    this.snapshots = new SnapshotKeeper(parts.store, parts.clock);
    this.decisions = new DecisionSender(parts.store, (id, decision) =>
      this.send({ to: { kind: 'replica', id }, message: decision }),
    );
    this.timers = new ReplicaTimers(
      parts.clock,
      (timer) => this.step({ kind: 'timer-fired', timer }),
      () => parts.broker.hasUnread,
    );
    if (parts.verifier.checksVotesTogether) this.pool = this.createPool();
  }

  /** Begins to take part; the broker is connected and subscribed by then. */
  start(): void {
    this.running = true;
    this.step({ kind: 'started' });
  }

  /** The broker went away. */
  disconnected(): void {
    this.step({ kind: 'disconnected' });
  }

  /** The broker is back after an outage. */
  reconnected(): void {
    this.step({ kind: 'reconnected' });
  }

  /** Takes no part any more. The store may be closed once the promise resolves. */
  async stop(): Promise<void> {
    this.running = false;
    this.timers.cancelAll();
    this.pool?.clear();
    await Promise.all([this.outbox.stop(), this.decisions.stop(), this.snapshots.releaseAll()]);
  }

  /** Makes the node misbehave, or behave again. Its own core stays honest; what it says is not. */
  setBehaviour(behaviour: Behaviour | undefined): void {
    const recovered = this.behaviour !== undefined && behaviour === undefined;
    this.behaviour = behaviour;
    if (recovered && this.parts.broker.connected) this.reconnected();
  }

  get fault(): Behaviour['kind'] | undefined {
    return this.behaviour?.kind;
  }

  status(): ReplicaStatus {
    return this.parts.replica.status();
  }

  /** What the replica waits for; undefined when there is nothing to do. */
  waiting(): Waiting | undefined {
    return this.parts.replica.waiting();
  }

  /** Digest of the whole state, see `Replica.stateDigest`. */
  stateDigest(): Digest {
    return this.parts.replica.stateDigest();
  }

  /** See `Replica.newestTimestamp`. */
  newestTimestamp(client: ClientId): Timestamp | undefined {
    return this.parts.replica.newestTimestamp(client);
  }

  /** Votes of others on a decided slot that is still in memory. */
  tally(sequence: SequenceNumber): Tally | undefined {
    return this.parts.replica.tally(sequence);
  }

  /** What this replica published about one of the newest slots. */
  trafficOf(sequence: SequenceNumber): SlotTrafficCount | undefined {
    return this.slotTraffic.of(sequence);
  }

  counters(): RunnerCounters {
    const { received, unsent } = this;
    return { received, rejects: { ...this.rejects }, badVotes: { ...this.badVotes }, unsent };
  }

  /** Takes bytes that arrived on a channel. Never throws on account of what is in them. */
  receive(payload: Uint8Array, via: Via): void {
    if (!this.running) return;
    this.received += 1;
    const { message, rejected, codec } = decodeAlsoOthers(
      this.parts.codec,
      payload,
      this.parts.cluster,
    );
    if (message === undefined) this.countReject(rejected, undefined);
    else if (isTakenBy(message, 'core')) this.receiveProtocol(message, via);
    else if (isTakenBy(message, 'node')) this.listener.onQuery?.(message, codec);
    // Meant for clients: nothing that a replica could use.
    else this.countReject('unsolicited', message.replica);
  }

  private receiveProtocol(message: ProtocolMessage, via: Via): void {
    if (this.behaviour?.hears(message.kind) === false) return;
    const screening = this.parts.replica.screen(message, this.parts.clock.now(), via);
    if (screening === 'own-echo') return;
    if (screening !== 'wanted') {
      this.countReject(screening, undefined);
      return;
    }
    if (message.kind === 'vote' && this.pool !== undefined) {
      this.pool.add(message);
      return;
    }
    const verified = this.verify(message, via);
    if (isRejected(verified)) {
      if (message.kind === 'vote') this.refuseVote(verified, message);
      else this.countReject(verified, undefined);
    } else this.step({ kind: 'message', message: verified, via });
  }

  private verify(message: ProtocolMessage, via: Via): VerifiedMessage | RejectCode {
    const { verifier } = this.parts;
    const origin = originOf(message, via);
    if (origin === undefined) return verifier.verify(message);
    return this.doubt.check(origin, () => verifier.verify(message));
  }

  private createPool(): VotePool {
    const { n, verifier, clock, replica } = this.parts;
    return new VotePool({
      n,
      verifier,
      clock,
      waits: voteWaits(n),
      demand: (vote) => replica.voteDemand(vote),
      isWanted: (vote) => this.running && replica.screen(vote, clock.now()) === 'wanted',
      // Votes count whichever way they came.
      onVerified: (vote) => this.step({ kind: 'message', message: vote, via: 'direct' }),
      onRefused: (code, vote) => this.refuseVote(code, vote),
    });
  }

  private step(input: Input): void {
    if (!this.running) return;
    if (input.kind === 'message' && input.via !== 'self') {
      this.listener.onReceived?.(input.message);
    }
    let effects: readonly Effect[];
    try {
      effects = this.parts.replica.step(input, this.parts.clock.now());
    } catch (error) {
      this.fail(error);
      return;
    }
    this.outbox.add(effects);
  }

  private perform(effect: VisibleEffect): void {
    switch (effect.kind) {
      case 'send':
        this.send(effect);
        return;
      case 'send-decisions':
        void this.sendDecisions(effect);
        return;
      case 'send-chunk':
        void this.sendChunk(effect);
        return;
      case 'set-timer':
        this.timers.set(effect.timer, effect.afterMs);
        return;
      case 'cancel-timer':
        this.timers.cancel(effect.timer);
        return;
      case 'executed':
        this.listener.onExecuted?.(effect.slot);
        return;
      case 'progress':
        this.listener.onProgress?.(effect.progress);
        return;
      case 'evidence':
        this.evidence.add(effect.evidence);
        this.listener.onEvidence?.(effect.evidence);
        return;
      case 'reject':
        this.countReject(effect.code, effect.from);
        return;
    }
  }

  private send({ to, message }: OutgoingSend): void {
    const forSelf = to.kind === 'all' || (to.kind === 'replica' && to.id === this.parts.self);
    const forOthers = to.kind !== 'replica' || to.id !== this.parts.self;
    if (this.behaviour === undefined) {
      const signed = this.parts.signer.seal(message);
      // Signed by this replica: there is nothing to verify.
      if (signed.kind === 'vote') this.parts.verifier.remember(signed as Verified<Vote>);
      if (forOthers) this.publish(to, signed, decisionOf(message));
      if (forSelf && isUnsigned(message)) this.loopBack(signed);
      return;
    }
    if (forSelf && isUnsigned(message)) this.loopBack(this.parts.signer.seal(message));
    for (const lie of this.behaviour.outgoing({ to, message })) this.sendLie(lie);
  }

  /** What a faulty node says instead, signed with its own key, perhaps late. */
  private sendLie({ to, message, delayMs }: OutgoingSend): void {
    if (to.kind === 'replica' && to.id === this.parts.self) return;
    const signed = this.parts.signer.seal(message);
    const slot = decisionOf(message);
    if (delayMs === undefined) this.publish(to, signed, slot);
    else this.parts.clock.schedule(delayMs, () => this.publish(to, signed, slot));
  }

  /** What this replica signed and addressed to itself too comes back as an input. */
  private loopBack(message: SealedMessage): void {
    if (message.kind === 'reply' || message.kind === 'brief-reply') return;
    this.step({ kind: 'message', message: message as VerifiedMessage, via: 'self' });
    if (message.kind === 'vote') this.pool?.onOwnVote(message);
  }

  /** @param slot whose decision the message belongs to */
  private publish(
    to: OutgoingSend['to'],
    message: SealedMessage,
    slot: SequenceNumber | undefined,
  ): void {
    this.listener.onSent?.(to, message);
    this.publishTo(this.channelOf(to), this.parts.codec.encode(message), slot);
  }

  /**
   * Publishes bytes, whatever they are; what cannot be sent now is counted and lost.
   *
   * @param slot whose decision they belong to, if they do to one
   */
  publishTo(channel: string, payload: Uint8Array, slot?: SequenceNumber): void {
    this.parts.broker.publish(channel, payload).then(
      (receivers) => {
        if (slot !== undefined) this.slotTraffic.add(slot, receivers, payload.byteLength);
      },
      () => {
        this.unsent += 1;
      },
    );
  }

  private channelOf(to: OutgoingSend['to']): string {
    const { channels } = this.parts;
    switch (to.kind) {
      case 'all':
        return channels.broadcast;
      case 'replica':
        return channels.node(to.id);
      case 'client':
        return channels.client(to.id);
    }
  }

  private async sendDecisions(wanted: WantedDecisions): Promise<void> {
    try {
      await this.decisions.sendAll(wanted);
    } catch (error) {
      this.fail(error);
    }
  }

  private async sendChunk(effect: Extract<VisibleEffect, { kind: 'send-chunk' }>): Promise<void> {
    const { to, sequence, chunk, part } = effect;
    try {
      const found = await this.snapshots.part(sequence, chunk, part);
      if (found === undefined || !this.running) return;
      const asked = { replica: this.parts.self, sequence, chunk, part };
      const message = { kind: 'chunk-part', ...asked, ...found } as const;
      this.send({ to: { kind: 'replica', id: to }, message });
    } catch (error) {
      this.fail(error);
    }
  }

  /** Counts bad votes by their claimed member: they are how an operator finds a faulty one. */
  private refuseVote(code: RejectCode, { replica }: Vote): void {
    // Only members are counted, or outsiders could make the list as long as they like.
    if (code === 'bad-signature') this.badVotes[replica] = (this.badVotes[replica] ?? 0) + 1;
    this.countReject(code, replica);
  }

  /** Counts something that was not used, here or in what belongs to this node. */
  countReject(code: RejectCode, from: string | number | undefined): void {
    this.rejects[code] = (this.rejects[code] ?? 0) + 1;
    this.listener.onReject?.(code, from);
  }

  private fail(error: unknown): void {
    if (!this.running) return;
    // The first failure is the one that is told; what fails while stopping follows from it.
    this.stop().catch(() => undefined);
    this.listener.onFatal(error);
  }
}
