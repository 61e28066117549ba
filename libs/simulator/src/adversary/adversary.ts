/**
 * One adversary that controls all Byzantine replicas of a run, at most f.
 *
 * **What it holds** (`holdings.ts`): every message that was ever sent, of every view; all
 * certificates, including those that it can make of the votes it received; the keys of its own replicas
 * and no others, so it cannot forge the signatures of honest ones.
 *
 * **What it can choose.** As new primary: the view-changes that it begins a view on, of any view, a
 * quorum or fewer, its own in several versions, and the digests that it says follow from them;
 * which view, also one that nobody asked for; another new-view for some of the replicas. As primary:
 * other batches, other collectors, or nothing, for each receiver. As collector: who gets a
 * certificate, and when; one in which a vote counts twice. As backup: votes for everything that any
 * replica votes for; a different view-change to each, on stale checkpoints and old certificates; its
 * suspicion, whenever another one suspects the primary, to that one alone; false statuses. In any role:
 * the lies of `libs/faults`, forged certificates and made-up requests among them. And, in an isolated
 * decision (`isolated-decision.ts`), what the network loses, until everything is healed.
 *
 * **How it chooses.** Everything is drawn from the run's seed: first the odds of each of these actions
 * (`odds.ts`), some high and others none, then each choice as it comes up. Where it
 * matters most, in a new-view, it draws several times and takes what does most harm. When to act is
 * decided by what it receives: as soon as something is decided, a view asked for, a quorum of votes
 * there.
 *
 * The replicas' own cores stay honest. What they want to say passes through here.
 */

import { channelNames, nodeConnectionName } from '@ccro/broker';
import { developmentKey, developmentVotingKey } from '@ccro/cluster-config';
import {
  clusterSize,
  primaryOf,
  type ClusterSize,
  type Digest,
  type ReplicaId,
  type Request,
  type Suspicion,
  type UnsignedMemberMessage,
  type View,
  type ViewChange,
} from '@ccro/consensus';
import { createDigests, createVerification, MessageSigner } from '@ccro/crypto';
import {
  createBehaviour,
  everyoneOf,
  othersOf,
  proposalWith,
  toEach,
  type Behaviour,
  type Outgoing,
  type OutgoingSend,
} from '@ccro/faults';
import type { ClusterFacts } from '@ccro/runner';
import { json, type WireMessage } from '@ccro/wire';
import type { Random } from '../random.js';
import type { SimulatedNetwork } from '../simulated-network.js';
import { replicaOfConnection } from '../trace/names.js';
import type { VirtualTime } from '../virtual-time.js';
import { IsolatedDecision, type IsolationPlan } from './isolated-decision.js';
import { Holdings } from './holdings.js';
import { chooseNewView, misreported, type NewViewChoice } from './new-view-choice.js';
import { drawViewChange } from './own-view-change.js';
import { drawOdds, type Odds } from './odds.js';

export interface AdversaryOptions {
  readonly facts: ClusterFacts;
  /** Replicas it speaks for. */
  readonly replicas: readonly ReplicaId[];
  /** L of the replicas' settings. */
  readonly windowSlots: number;
  readonly isolations: readonly IsolationPlan[];
  /** Told what it is up to. */
  readonly note: (text: string) => void;
}

type Proposal = Outgoing<'pre-prepare'>;
type Vote = Extract<WireMessage, { kind: 'vote' }>;
type Receiver = ReplicaId | 'all';

/** New-views of its own making in a run. */
const MAX_NEW_VIEWS = 24;
/** Slots that it proposes on top of what its new view carries over. */
const NEW_SLOTS = 2;

export class Adversary {
  private readonly size: ClusterSize;
  private readonly digests = createDigests();
  private readonly nullBatch: Digest;
  private readonly holdings: Holdings;
  private readonly odds: Odds;
  private readonly own: ReadonlySet<ReplicaId>;
  private readonly signers: ReadonlyMap<ReplicaId, MessageSigner>;
  private readonly isolations: readonly IsolatedDecision[];
  /** Statements that one of its own has voted for. */
  private readonly supported = new Set<string>();
  /** Views that it has begun on a choice of its own, in which its cores must not speak. */
  private readonly begun = new Set<View>();
  private newViews = 0;
  /** The payload that was read last: it comes once for each receiver. */
  private read:
    { readonly payload: Uint8Array; readonly message: WireMessage | undefined } | undefined;

  constructor(
    private readonly options: AdversaryOptions,
    private readonly time: VirtualTime,
    private readonly network: SimulatedNetwork,
    private readonly random: Random,
  ) {
    const { facts, replicas, isolations } = options;
    const n = facts.members.length;
    this.size = clusterSize(n);
    this.nullBatch = this.digests.batch([]);
    this.holdings = new Holdings(n, createVerification(facts).scheme);
    this.odds = drawOdds(random);
    this.own = new Set(replicas);
    this.signers = new Map(replicas.map((replica) => [replica, signerOf(replica, facts)]));
    this.isolations = isolations.map((plan) => new IsolatedDecision(plan, this.own, n));
    network.obstructs = (from, to, payload) => this.obstructs(from, to, payload);
  }

  /** Interferes with the network no more. What its replicas say stays as it was. */
  rest(): void {
    for (const isolation of this.isolations) isolation.end();
  }

  /** An honest replica or a client sends a message. */
  hear(message: WireMessage): void {
    const { holdings } = this;
    const decidedBefore = holdings.decided.size;
    holdings.learn(message);
    switch (message.kind) {
      case 'vote':
        this.support(message);
        this.forge(message);
        break;
      case 'view-change':
        this.onViewChange(message);
        break;
      case 'suspicion':
        this.suspectWith(message);
        break;
      case 'fetch':
        if (message.sequence === 0) this.showViewChange(message.digest, message.replica);
        break;
      default:
    }
    if (holdings.decided.size > decidedBefore) this.onDecided();
    for (const isolation of this.isolations) {
      if (isolation.consider(holdings, this.time.now())) {
        this.options.note(
          `the adversary lets one replica alone learn what view ${holdings.view} decides`,
        );
      }
    }
  }

  /** What one of its replicas says in the place of what its core wants to say. */
  behaviourOf(replica: ReplicaId): Behaviour {
    const { random, odds, digests, size, options } = this;
    const { cluster } = options.facts;
    const context = { self: replica, n: size.n, cluster, digests, random: random.next };
    const lies = odds.lies.map((kind) => createBehaviour(kind, context));
    return {
      kind: 'equivocate',
      hears: () => true,
      outgoing: (send) => {
        const lie = random.chance(odds.liesOften) ? random.pick(lies) : undefined;
        const told = lie?.outgoing(send) ?? [send];
        return told.flatMap((each) => this.instead(replica, each));
      },
    };
  }

  private instead(self: ReplicaId, send: OutgoingSend): readonly OutgoingSend[] {
    const { message } = send;
    const { random, odds } = this;
    switch (message.kind) {
      case 'vote':
        // Who votes for everything lets its core's own vote come first half of the time.
        return random.chance(odds.supports / 2) ? [] : [send];
      case 'pre-prepare':
        return message.replica === self ? this.proposals(self, send, message) : [send];
      case 'certificate':
        return random.chance(odds.keepsCertificates) ? this.toSome(self, send) : [send];
      case 'view-change':
        return message.replica === self && random.chance(odds.versions)
          ? this.versions(self, send, message.view)
          : [send];
      case 'new-view':
        if (message.replica !== self || !random.chance(odds.begins)) return [send];
        this.begin(message.view);
        return [];
      case 'status': {
        if (message.replica !== self || !random.chance(odds.misleads)) return [send];
        const lastExecuted = Math.max(0, message.lastExecuted + random.integer(-4, 8));
        const view = Math.max(0, message.view + random.integer(-1, 2));
        // Or it was told something else than the others, or so it says.
        const settings = random.chance(0.2) ? message.settings.slice(1) : message.settings;
        return [{ ...send, message: { ...message, lastExecuted, view, settings } }];
      }
      default:
        return [send];
    }
  }

  private toSome(self: ReplicaId, send: OutgoingSend): readonly OutgoingSend[] {
    if (send.to.kind !== 'all') return [send];
    const others = this.random.shuffled(this.others(self));
    const count = this.random.chance(0.5) ? 1 : this.random.below(others.length);
    return toEach(others.slice(0, count), send);
  }

  private versions(self: ReplicaId, send: OutgoingSend, view: View): readonly OutgoingSend[] {
    const versions = [this.version(self, view), this.version(self, view)];
    if (send.to.kind !== 'all') return [send];
    return this.others(self).map((id) => {
      const message = this.random.chance(0.3) ? send.message : this.random.pick(versions);
      return { ...send, to: { kind: 'replica', id }, message: message ?? send.message };
    });
  }

  private proposals(
    self: ReplicaId,
    send: OutgoingSend,
    message: Proposal,
  ): readonly OutgoingSend[] {
    const { random, odds } = this;
    if (this.begun.has(message.view)) return [];
    const starves = random.chance(odds.starves);
    const splits = message.requests.length > 0 && random.chance(odds.splits);
    const namesCollectors = random.chance(odds.namesCollectors);
    if (send.to.kind !== 'all' || !(starves || splits || namesCollectors)) return [send];
    const told = random.shuffled(this.others(self)).slice(starves ? random.integer(0, 2) : 0);
    const twin = splits ? this.twinOf(message) : message;
    return told.map((id, index) => {
      const proposal = index % 2 === 0 ? message : twin;
      const collector = namesCollectors ? this.pickOther(self) : proposal.collector;
      return {
        ...send,
        to: { kind: 'replica', id },
        message: proposalWith(proposal, { collector }),
      };
    });
  }

  /** Another batch that is just as valid: the same backwards, twice, or of other requests. */
  private twinOf(message: Proposal): Proposal {
    const { random } = this;
    const known = [...this.holdings.requests.values()];
    const other = random.chance(0.5) ? random.pick(known) : undefined;
    const [first] = message.requests;
    if (other !== undefined) return this.withBatch(message, [other]);
    const requests =
      message.requests.length > 1 || first === undefined
        ? message.requests.toReversed()
        : [first, first];
    return proposalWith(message, { requests, digest: this.digests.batch(requests) });
  }

  private withBatch(message: Proposal, batch: readonly Request[]): ReturnType<typeof proposalWith> {
    const requests = batch.map(({ digest }) => digest);
    const bodies = [...new Map(batch.map((each) => [each.digest, each])).values()];
    return proposalWith(message, { requests, bodies, digest: this.digests.batch(requests) });
  }

  /** Votes for what an honest replica votes for: to the voter, to who gathers, perhaps to all. */
  private support({ phase, view, sequence, digest, replica: voter }: Vote): void {
    if (phase === 'checkpoint') return;
    for (const replica of this.own) {
      const statement = [replica, phase, view, sequence, digest].join(' ');
      if (this.supported.has(statement)) continue;
      this.supported.add(statement);
      if (!this.random.chance(this.odds.supports)) continue;
      const vote = this.sign({
        kind: 'vote',
        phase,
        view,
        sequence,
        digest,
        replica,
        attempt: 0,
      });
      this.holdings.learn(vote);
      const collector = this.holdings.collectorOf(view, sequence);
      const receivers: Receiver[] = this.random.chance(0.4)
        ? ['all']
        : [...new Set([voter, collector ?? voter])];
      for (const to of receivers) this.say(replica, vote, to);
    }
  }

  /** As soon as all but one of a quorum have voted: before the true certificate is there. */
  private forge(vote: Vote): void {
    const { random, odds, holdings } = this;
    if (!random.chance(odds.forges)) return;
    const forged = holdings.shortCertificate(vote);
    const speaker = random.pick([...this.own]);
    if (forged === undefined || speaker === undefined) return;
    this.say(speaker, forged, random.chance(0.5) ? 'all' : this.pickHonest());
  }

  private onDecided(): void {
    const { random, odds } = this;
    const certificate = [...this.holdings.decided.values()].at(-1);
    const [speaker] = random.shuffled([...this.own]);
    if (certificate === undefined || speaker === undefined) return;
    if (random.chance(odds.keepsCertificates)) {
      this.say(speaker, certificate, this.pickHonest());
    }
    if (random.chance(odds.unasked / 4)) this.begin(this.nextOwnView());
  }

  private onViewChange({ view }: ViewChange): void {
    if (!this.own.has(primaryOf(view, this.size.n))) return;
    if (this.random.chance(this.odds.begins / 2)) this.begin(view);
  }

  /** With its f suspicions the one of an honest replica moves that one, and nobody else. */
  private suspectWith({ view, replica: other }: Suspicion): void {
    if (this.own.has(other) || !this.random.chance(this.odds.suspects)) return;
    for (const replica of this.own) {
      this.say(replica, this.sign({ kind: 'suspicion', view, replica }), other);
    }
  }

  /** The next view of which one of its own is primary, or the one after. */
  private nextOwnView(): View {
    let view = this.holdings.view + 1;
    while (!this.own.has(primaryOf(view, this.size.n))) view += 1;
    return this.random.chance(0.8) ? view : view + this.size.n;
  }

  /** Begins `view`, in a moment: for all alike, or in two ways. */
  private begin(view: View): void {
    this.time.schedule(this.random.between(0, 20), () => {
      const primary = primaryOf(view, this.size.n);
      if (this.newViews >= MAX_NEW_VIEWS) return;
      this.newViews += 1;
      const receivers = this.random.chance(0.3) ? this.halves(primary) : [['all'] as const];
      for (const to of receivers) this.beginFor(primary, view, to);
    });
  }

  private beginFor(primary: ReplicaId, view: View, receivers: readonly Receiver[]): void {
    const { random, holdings, size, nullBatch } = this;
    const own = [...this.own];
    const version = (replica: ReplicaId): ViewChange => this.version(replica, view);
    const choice = chooseNewView(holdings, random, { view, size, nullBatch, own, version });
    if (choice === undefined) return;
    this.begun.add(view);
    const reproposals = random.chance(0.15)
      ? misreported(choice.reproposals, random, nullBatch)
      : choice.reproposals;
    const newView = this.sign({
      kind: 'new-view',
      view,
      viewChanges: choice.referred,
      reproposals,
      replica: primary,
    });
    for (const to of receivers) this.say(primary, newView, to);
    // Who lacks some of them asks for them, and is answered; or has them at once.
    if (random.chance(0.5)) {
      this.time.schedule(random.between(2, 10), () => {
        for (const each of choice.viewChanges) {
          for (const to of receivers) this.say(primary, each, to);
        }
      });
    }
    for (const afterMs of [random.between(5, 20), random.between(20, 200)]) {
      this.time.schedule(afterMs, () =>
        this.lead(primary, view, { ...choice, reproposals }, receivers),
      );
    }
  }

  /** Proposes what its new view carries over, and something else on top of it. */
  private lead(
    primary: ReplicaId,
    view: View,
    { stable, reproposals }: Pick<NewViewChoice, 'stable' | 'reproposals'>,
    receivers: readonly Receiver[],
  ): void {
    const propose = (sequence: number, batch: readonly Request[]): void => {
      const nothing = { digest: this.nullBatch, requests: [], bodies: [] };
      const collector = this.pickOther(primary);
      const base = { kind: 'pre-prepare', view, sequence, ...nothing, collector } as const;
      const signed = this.sign(this.withBatch({ ...base, replica: primary }, batch));
      this.holdings.learn(signed);
      for (const to of receivers) this.say(primary, signed, to);
    };
    for (const { sequence, digest } of reproposals) {
      const batch = digest === this.nullBatch ? [] : this.holdings.batch(digest);
      if (batch !== undefined) propose(sequence, batch);
    }
    const last = reproposals.at(-1)?.sequence ?? stable.sequence;
    const known = [...this.holdings.requests.values()];
    for (let more = 1; more <= NEW_SLOTS; more += 1) {
      const request = known.at(-1 - this.random.below(Math.min(8, known.length)));
      if (request !== undefined) propose(last + more, [request]);
    }
  }

  /** A view-change of one of its own, signed and kept: it can refer to it in a new-view. */
  private version(replica: ReplicaId, view: View): ViewChange {
    const { windowSlots } = this.options;
    const asking = { view, replica, windowSlots, nullBatch: this.nullBatch };
    const signed = this.sign(drawViewChange(this.holdings, this.random, asking));
    this.holdings.learn(signed);
    return signed;
  }

  private showViewChange(digest: Digest, to: ReplicaId): void {
    const viewChange = this.holdings.viewChange(digest);
    const [speaker] = this.own;
    if (viewChange !== undefined && speaker !== undefined) this.say(speaker, viewChange, to);
  }

  private sign<M extends UnsignedMemberMessage>(
    message: M,
  ): ReturnType<MessageSigner['sign']> & {
    readonly kind: M['kind'];
  } {
    const signer = this.signers.get(message.replica);
    if (signer === undefined) throw new RangeError(`no key of replica ${message.replica} is held`);
    return signer.sign(message) as never;
  }

  /** Says it a moment later: whatever led to it is still being said. */
  private say(from: ReplicaId, message: WireMessage, to: Receiver): void {
    const { broadcast, node } = channelNames(this.options.facts.cluster);
    const channel = to === 'all' ? broadcast : node(to);
    const payload = json.encode(message);
    this.time.schedule(0, () => {
      this.network.publish(nodeConnectionName(from), channel, payload);
    });
  }

  private obstructs(from: string, to: string, payload: Uint8Array): boolean {
    if (!this.isolations.some(({ active }) => active)) return false;
    if (this.read?.payload !== payload) {
      const { message } = json.decode(payload, this.options.facts.cluster);
      this.read = { payload, message };
    }
    const { message } = this.read;
    const [speaker, receiver] = [replicaOfConnection(from), replicaOfConnection(to)];
    return this.isolations.some((isolation) => isolation.obstructs(message, speaker, receiver));
  }

  private others(self: ReplicaId): ReplicaId[] {
    return othersOf({ self, n: this.size.n });
  }

  private halves(self: ReplicaId): readonly (readonly ReplicaId[])[] {
    const others = this.random.shuffled(this.others(self));
    const middle = Math.ceil(others.length / 2);
    return [others.slice(0, middle), others.slice(middle)];
  }

  private pickOther(self: ReplicaId): ReplicaId {
    return this.random.pick(this.others(self)) ?? self;
  }

  private pickHonest(): ReplicaId {
    const honest = everyoneOf(this.size.n).filter((each) => !this.own.has(each));
    return this.random.pick(honest) ?? 0;
  }
}

function signerOf(replica: ReplicaId, { cluster, votingKeys }: ClusterFacts): MessageSigner {
  return new MessageSigner({
    cluster,
    replica,
    secretKey: developmentKey('node', replica).secretKey,
    ...(votingKeys === undefined
      ? {}
      : { votingSecretKey: developmentVotingKey(replica).secretKey }),
  });
}
