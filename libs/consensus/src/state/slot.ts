/**
 * One sequence number of the log: the proposal accepted for it, the votes seen, the certificates.
 *
 * Invariant kept here (no-equivocation): `castVote` is called at most once per (phase, view) and
 * `markProposed` at most once per view, so this replica signs at most one digest for each phase,
 * and as primary one pre-prepare.
 */

import type { Digest, ReplicaId, SequenceNumber, View } from '../messages/ids.js';
import type {
  Decision,
  PrePrepare,
  Request,
  SlotCertificate,
  SlotPhase,
  SlotVote,
  Tally,
  Verified,
} from '../messages/index.js';
import type { Evidence } from '../model/evidence.js';
import { invariant } from '../model/invariants.js';
import { decides } from '../model/quorum.js';
import { type Proposal, SlotInView } from './slot-in-view.js';

/** The signed pre-prepare with every body in it, for a replica that may lack some. */
export function withBodies({ prePrepare, batch }: Proposal): PrePrepare {
  return { ...prePrepare, bodies: distinctBodies(batch) };
}

/** Whether the primary signed the same: two that differ in anything it signed convict it. */
export function isSameProposal(a: PrePrepare, b: PrePrepare): boolean {
  return (
    a.view === b.view &&
    a.sequence === b.sequence &&
    a.digest === b.digest &&
    a.collector === b.collector &&
    a.replica === b.replica
  );
}

/** The bodies of a batch, each once: a batch may list a request twice, a message must not. */
export function distinctBodies(batch: readonly Request[]): readonly Request[] {
  return [...new Map(batch.map((request) => [request.digest, request])).values()];
}

/** Proposals of different digests kept per slot. */
const MAX_PROPOSALS = 8;

function conviction(view: View): string {
  return `proposals:${view}`;
}

function contradiction(replica: ReplicaId, phase: SlotPhase): string {
  return `${replica}:conflicting-${phase}`;
}

/** A vote of this replica. */
interface CastVote {
  readonly view: View;
  readonly digest: Digest;
  /** When, for measuring how long certificates take; undefined before the last restart. */
  readonly castAtMs: number | undefined;
}

export class Slot {
  /** What is known of it in the current view. */
  inView = new SlotInView();
  /** Bodies a peer sent with a decision, when they are not a proposal's. */
  decidedBatch: { readonly digest: Digest; readonly batch: readonly Request[] } | undefined;
  /** The batch being fetched from others, and how often one was asked. */
  fetching: { readonly digest: Digest; attempts: number } | undefined;
  acceptedAtMs: number | undefined;
  /** The latest view in which this replica, as its primary, proposed here. */
  private proposed: View | undefined;

  private readonly votes: Record<SlotPhase, Map<ReplicaId, Verified<SlotVote>>> = {
    prepare: new Map(),
    commit: new Map(),
  };
  private readonly certificates: Partial<Record<SlotPhase, Verified<SlotCertificate>>> = {};
  /** A prepare certificate of all n, if that is what decided this slot. */
  private full: Verified<SlotCertificate> | undefined;
  private readonly own: Partial<Record<SlotPhase, CastVote>> = {};
  /** `accused:phase` pairs that evidence was produced for, so that each is reported once. */
  private readonly reported = new Set<string>();
  /** Proposals of this and earlier views that were complete, newest last. */
  private readonly proposals = new Map<Digest, Proposal>();
  /** Who was sent which of the batches that are here, because they asked for it. */
  private readonly sent = new Set<string>();

  /** @param n number of replicas */
  constructor(
    readonly sequence: SequenceNumber,
    private readonly n: number,
  ) {}

  certificate(phase: SlotPhase): Verified<SlotCertificate> | undefined {
    return this.certificates[phase];
  }

  /** What proves the decision of this slot, if it is decided. */
  get decisive(): Verified<SlotCertificate> | undefined {
    return this.certificates.commit ?? this.full;
  }

  /** The digest this slot is decided on, if it is. */
  get decidedDigest(): Digest | undefined {
    return this.decisive?.digest;
  }

  /** The decision with its proof, once certificate and bodies are here. */
  decision(): Decision | undefined {
    const certificate = this.decisive;
    if (certificate === undefined) return undefined;
    const { sequence, view, digest } = certificate;
    const requests = this.batchOf(digest);
    if (requests === undefined) return undefined;
    return { kind: 'decision', sequence, view, digest, requests, certificate };
  }

  /** Bodies of the batch with `digest`, if they are here. */
  batchOf(digest: Digest): readonly Request[] | undefined {
    const known = this.proposals.get(digest);
    if (known !== undefined) return known.batch;
    return this.decidedBatch?.digest === digest ? this.decidedBatch.batch : undefined;
  }

  /** The proposal with `digest`, of whatever view, if its bodies are here. */
  proposalOf(digest: Digest): Proposal | undefined {
    return this.proposals.get(digest);
  }

  /** Keeps a complete proposal, a few at the most: every view can bring another one. */
  keep(proposal: Proposal): void {
    this.proposals.delete(proposal.prePrepare.digest);
    this.proposals.set(proposal.prePrepare.digest, proposal);
    if (this.proposals.size <= MAX_PROPOSALS) return;
    for (const digest of this.proposals.keys()) {
      const certified = Object.values(this.certificates).some((each) => each.digest === digest);
      if (certified || digest === this.own.prepare?.digest) continue;
      this.proposals.delete(digest);
      return;
    }
  }

  /** A new view begins. */
  enterView(): void {
    this.inView = new SlotInView();
    if (this.decidedDigest === undefined) this.fetching = undefined;
  }

  /** Whether this replica, as its primary, has proposed here in `view`. */
  isProposedIn(view: View): boolean {
    return this.proposed === view;
  }

  /** Notes that this replica proposes here. @throws InvariantViolation when it already did */
  markProposed(view: View): void {
    invariant(
      this.proposed === undefined || this.proposed < view,
      'no-equivocation',
      () => `second proposal in view ${view} at sequence ${this.sequence}`,
    );
    this.proposed = view;
  }

  ownVote(phase: SlotPhase): CastVote | undefined {
    return this.own[phase];
  }

  /** Notes that this replica votes for `digest`. @throws InvariantViolation when it already did */
  castVote(phase: SlotPhase, vote: CastVote): void {
    const earlier = this.own[phase];
    invariant(
      earlier === undefined || earlier.view < vote.view,
      'no-equivocation',
      () => `second ${phase} vote in view ${vote.view} at sequence ${this.sequence}`,
    );
    this.own[phase] = vote;
    this.inView.attempts = 0;
  }

  /**
   * Records a vote. Per signer and phase the first one counts; a later one for another digest is
   * proof against its signer.
   */
  addVote(vote: Verified<SlotVote>): 'added' | 'known' | Evidence {
    const table = this.votes[vote.phase];
    const earlier = table.get(vote.replica);
    if (earlier === undefined || earlier.view < vote.view) {
      table.set(vote.replica, vote);
      return 'added';
    }
    if (earlier.view > vote.view || earlier.digest === vote.digest) return 'known';
    return { kind: 'conflicting-votes', accused: vote.replica, votes: [earlier, vote] };
  }

  /** The vote that counts for `replica` in `phase`, if one came. */
  vote(phase: SlotPhase, replica: ReplicaId): Verified<SlotVote> | undefined {
    return this.votes[phase].get(replica);
  }

  /** Votes of distinct signers for (phase, view, digest). */
  votesFor(phase: SlotPhase, view: View, digest: Digest): Verified<SlotVote>[] {
    const matching: Verified<SlotVote>[] = [];
    for (const vote of this.votes[phase].values()) {
      if (vote.view === view && vote.digest === digest) matching.push(vote);
    }
    return matching;
  }

  /** Votes that differ from `digest`. */
  votesAgainst(digest: Digest): Verified<SlotVote>[] {
    return (['prepare', 'commit'] as const).flatMap((phase) =>
      [...this.votes[phase].values()].filter((vote) => vote.digest !== digest),
    );
  }

  /** Keeps a certificate: of its phase the one of the highest view, and whatever decides. */
  setCertificate(certificate: Verified<SlotCertificate>): void {
    const { phase, digest, view } = certificate;
    const earlier = this.certificates[phase];
    const isDecisive = decides(certificate, this.n);
    invariant(
      earlier === undefined ||
        earlier.digest === digest ||
        // An undecided slot may get another digest in a later view, which may decide at once.
        (earlier.view < view && this.decidedDigest === undefined),
      'agreement',
      () => `two ${phase} certificates at sequence ${this.sequence}`,
    );
    if (earlier === undefined || earlier.view <= view) this.certificates[phase] = certificate;
    if (isDecisive && phase === 'prepare') this.full ??= certificate;
  }

  /** True the first time it is asked for `accused:what`: evidence is reported once. */
  reportOnce(key: string): boolean {
    if (this.reported.has(key)) return false;
    this.reported.add(key);
    return true;
  }

  /** Whether `replica` asked for the batch with `digest` before, and was sent it. */
  wasSent(digest: Digest, replica: ReplicaId): boolean {
    return this.sent.has(`${replica}:${digest}`);
  }

  /** Notes that `replica` is sent the batch with `digest`. */
  noteSent(digest: Digest, replica: ReplicaId): void {
    this.sent.add(`${replica}:${digest}`);
  }

  /** Whether the primary of `view` was shown to have signed two proposals for this slot. */
  isConvicted(view: View): boolean {
    return this.reported.has(conviction(view));
  }

  /** True the first time that the primary of `view` is shown to have signed two proposals. */
  convictOnce(view: View): boolean {
    return this.reportOnce(conviction(view));
  }

  /** True the first time that the signer of `vote` contradicts itself in its phase. */
  catchOnce({ replica, phase }: Pick<SlotVote, 'replica' | 'phase'>): boolean {
    return this.reportOnce(contradiction(replica, phase));
  }

  /** Whether the signer of `vote` is known to have contradicted itself in its phase. */
  isCaught({ replica, phase }: Pick<SlotVote, 'replica' | 'phase'>): boolean {
    return this.reported.has(contradiction(replica, phase));
  }

  /**
   * What this replica saw of the other replicas' votes, singly or inside certificates: at most
   * one per replica and phase, for and against `digest`. A signer caught with two counts as both.
   */
  tally(self: ReplicaId, digest: Digest): Tally {
    let correct = 0;
    let corrupt = 0;
    for (const phase of ['prepare', 'commit'] as const) {
      const certificate = this.certificates[phase];
      const agreed = new Set(certificate?.digest === digest ? certificate.proof.signers : []);
      for (const [replica, vote] of this.votes[phase]) {
        if (vote.digest === digest) agreed.add(replica);
        else if (replica !== self) corrupt += 1;
      }
      agreed.delete(self);
      correct += agreed.size;
    }
    return { correct, corrupt };
  }
}
