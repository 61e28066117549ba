/**
 * What the adversary holds: all messages that honest replicas and clients ever sent, as it receives the
 * whole network's, and every certificate that can be made of them. It lasts for the whole run, so that
 * messages of earlier views can be used later.
 */

import {
  clusterSize,
  decides,
  isSlotCertificate,
  type Certificate,
  type Digest,
  type PrePrepare,
  type ReplicaId,
  type Request,
  type SequenceNumber,
  type SlotCertificate,
  type SlotVote,
  type StableCheckpoint,
  type Verified,
  type View,
  type ViewChange,
  type Vote,
} from '@ccro/consensus';
import type { SignatureScheme } from '@ccro/crypto';
import type { WireMessage } from '@ccro/wire';

/** Where every state begins. Its digest is not looked at. */
const GENESIS: StableCheckpoint = { sequence: 0, digest: '0'.repeat(64), certificate: null };

export class Holdings {
  /** The highest view in which an honest replica was seen to vote. */
  view: View = 0;
  /** The highest slot that an honest replica voted on. */
  highest: SequenceNumber = 0;
  /** Every stable checkpoint, the beginning included, ascending. */
  readonly checkpoints: StableCheckpoint[] = [GENESIS];
  /** What decided each slot. */
  readonly decided = new Map<SequenceNumber, SlotCertificate>();
  readonly requests = new Map<Digest, Request>();
  /** Requests of each batch that was proposed. */
  private readonly batches = new Map<Digest, readonly Digest[]>();
  private readonly collectors = new Map<string, ReplicaId>();
  private readonly viewChanges = new Map<ReplicaId, Map<Digest, ViewChange>>();
  private readonly certificates = new Map<SequenceNumber, Map<string, SlotCertificate>>();
  private readonly votes = new Map<string, Map<ReplicaId, SlotVote>>();
  private readonly size;

  constructor(
    n: number,
    private readonly scheme: Pick<SignatureScheme, 'assemble'>,
  ) {
    this.size = clusterSize(n);
  }

  /** Takes in what an honest replica or client said, or what the adversary signed itself. */
  learn(message: WireMessage): void {
    switch (message.kind) {
      case 'request':
        this.requests.set(message.digest, message);
        return;
      case 'requests':
        for (const each of message.requests) this.requests.set(each.digest, each);
        return;
      case 'pre-prepare':
        this.learnProposal(message);
        return;
      case 'vote':
        this.learnVote(message);
        return;
      case 'certificate':
        this.learnCertificate(message);
        return;
      case 'decision':
        for (const each of message.requests) this.requests.set(each.digest, each);
        this.batches.set(
          message.digest,
          message.requests.map(({ digest }) => digest),
        );
        this.learnCertificate(message.certificate);
        return;
      case 'view-change':
        this.learnViewChange(message);
        return;
      default:
    }
  }

  /** Every view-change that `replica` signed, of whatever view, in the order they were heard. */
  viewChangesOf(replica: ReplicaId): readonly ViewChange[] {
    return [...(this.viewChanges.get(replica)?.values() ?? [])];
  }

  viewChange(digest: Digest): ViewChange | undefined {
    for (const each of this.viewChanges.values()) {
      const found = each.get(digest);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Certificates on `sequence`, of any view and phase. */
  certificatesAt(sequence: SequenceNumber): readonly SlotCertificate[] {
    return [...(this.certificates.get(sequence)?.values() ?? [])];
  }

  /** Digests that honest replicas voted for at `sequence`, or that were certified there. */
  digestsAt(sequence: SequenceNumber): readonly Digest[] {
    return [...new Set(this.certificatesAt(sequence).map(({ digest }) => digest))];
  }

  /** The votes for what `vote` is for, as a certificate with one of them twice, if one is missing. */
  shortCertificate({ phase, view, sequence, digest }: Vote): Certificate | undefined {
    const votes = this.votes.get([phase, view, sequence, digest].join(' '));
    if (votes?.size !== this.size.quorum - 1) return undefined;
    const certificate = this.scheme.assemble([...votes.values()] as Verified<Vote>[]);
    const { signers, signatures } = certificate.proof;
    const again = <T>(items: readonly T[]): T[] => [...items.slice(0, 1), ...items];
    // An aggregate stays one signature, whatever signers it names.
    const all = signatures.length === signers.length ? again(signatures) : signatures;
    return {
      ...certificate,
      proof: { ...certificate.proof, signers: again(signers), signatures: all },
    };
  }

  /** Requests of the batch with `digest`, if all of them are known. */
  batch(digest: Digest): readonly Request[] | undefined {
    const listed = this.batches.get(digest);
    const requests = listed?.flatMap((each) => this.requests.get(each) ?? []);
    return requests?.length === listed?.length ? requests : undefined;
  }

  /** Who the primary of `view` said gathers the votes on `sequence`. */
  collectorOf(view: View, sequence: SequenceNumber): ReplicaId | undefined {
    return this.collectors.get(`${view}:${sequence}`);
  }

  private learnProposal({ view, sequence, digest, requests, bodies, collector }: PrePrepare): void {
    for (const each of bodies) this.requests.set(each.digest, each);
    this.batches.set(digest, requests);
    this.collectors.set(`${view}:${sequence}`, collector);
  }

  /** @returns once they are a quorum, or all, votes become a certificate */
  private learnVote(vote: Vote): void {
    const { phase, view, sequence, digest } = vote;
    if (phase === 'checkpoint') return;
    this.view = Math.max(this.view, view);
    this.highest = Math.max(this.highest, sequence);
    const statement = [phase, view, sequence, digest].join(' ');
    const votes = this.votes.get(statement) ?? new Map<ReplicaId, SlotVote>();
    this.votes.set(statement, votes);
    if (votes.has(vote.replica)) return;
    votes.set(vote.replica, vote as SlotVote);
    if (votes.size !== this.size.quorum && votes.size !== this.size.n) return;
    // Honest replicas' own words and the adversary's: they hold.
    const signers = [...votes.values()] as Verified<Vote>[];
    this.learnCertificate(this.scheme.assemble(signers));
  }

  private learnCertificate(certificate: Certificate): void {
    const { phase, view, sequence, digest, proof } = certificate;
    if (!isSlotCertificate(certificate as Verified<Certificate>)) {
      if (this.checkpoints.some((each) => each.sequence === sequence)) return;
      const known = certificate as Certificate<'checkpoint'>;
      this.checkpoints.push({ sequence, digest, certificate: known });
      this.checkpoints.sort((a, b) => a.sequence - b.sequence);
      return;
    }
    const held = certificate as SlotCertificate;
    const there = this.certificates.get(sequence) ?? new Map<string, SlotCertificate>();
    this.certificates.set(sequence, there);
    there.set([phase, view, digest, proof.signers.length].join(' '), held);
    if (decides(held, this.size.n) && !this.decided.has(sequence)) this.decided.set(sequence, held);
  }

  private learnViewChange(viewChange: ViewChange): void {
    const { replica, digest, stable, slots } = viewChange;
    const known = this.viewChanges.get(replica) ?? new Map<Digest, ViewChange>();
    this.viewChanges.set(replica, known);
    if (known.has(digest)) return;
    known.set(digest, viewChange);
    if (stable.certificate !== null) this.learnCertificate(stable.certificate);
    for (const { certificate } of slots) {
      if (certificate !== null) this.learnCertificate(certificate);
    }
  }
}
