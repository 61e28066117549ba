/**
 * No equivocation, across restarts, and leaving: what an honest replica puts its signature under
 * never contradicts what it signed before, in this run of the process or an earlier one.
 */

import type {
  Certificate,
  Digest,
  PrePrepare,
  ReplicaId,
  SequenceNumber,
  View,
  ViewChange,
  Vote,
} from '@ccro/consensus';
import type { Report } from './violation.js';

interface Position {
  readonly view: View;
  readonly digest: Digest;
}

/** What one replica has signed so far. */
interface Record {
  /** One digest for each thing there is to say. */
  readonly said: Map<string, Digest>;
  /** Its prepare votes and durable prepare certificates of each slot, by view. */
  readonly votes: Map<SequenceNumber, Map<View, Digest>>;
  readonly certificates: Map<SequenceNumber, Map<View, Digest>>;
  /** The view it has asked for last. */
  left: View;
}

export class SigningChecker {
  private readonly records = new Map<ReplicaId, Record>();

  /** @param n number of replicas */
  constructor(
    private readonly n: number,
    private readonly report: Report,
  ) {}

  /** A vote that `vote.replica` signed, wherever it was found. */
  onVoteFound(
    replica: ReplicaId,
    vote: Pick<Vote, 'phase' | 'view' | 'sequence' | 'digest'>,
  ): void {
    const { phase, view, sequence, digest } = vote;
    this.say(replica, `${phase} vote in view ${view} at ${sequence}`, digest);
    if (phase === 'prepare') note(this.of(replica).votes, sequence, { view, digest });
  }

  /** A vote that leaves the replica now. */
  onVoteSent(vote: Vote): void {
    this.onVoteFound(vote.replica, vote);
    const { left } = this.of(vote.replica);
    if (vote.phase === 'checkpoint' || vote.view >= left) return;
    const what = `${vote.phase} vote in view ${vote.view} at ${vote.sequence}`;
    this.report('leaving', `replica ${vote.replica} sent a ${what} after it asked for ${left}`);
  }

  /** The collector is signed with the digest: two proposals that differ in either convict. */
  onPrePrepareSent({ replica, view, sequence, digest, collector }: PrePrepare): void {
    this.say(replica, `proposal in view ${view} at ${sequence}`, digest);
    this.say(replica, `collector in view ${view} at ${sequence}`, `node ${collector}`);
  }

  /**
   * A prepare certificate is durable at `replica`: its later view-changes must report it. One of all
   * n may also come after it has left the view, when its view-change is signed and stays as it is:
   * what such a certificate decides, the votes in the reports carry over.
   */
  onCertified(replica: ReplicaId, { phase, view, sequence, digest, proof }: Certificate): void {
    if (phase !== 'prepare' || proof.signers.length === this.n) return;
    note(this.of(replica).certificates, sequence, { view, digest });
  }

  onViewChangeSent(viewChange: ViewChange): void {
    const { replica, view } = viewChange;
    const record = this.of(replica);
    this.say(replica, `view-change for view ${view}`, viewChange.digest);
    record.left = Math.max(record.left, view);
    this.checkComplete(viewChange, record.votes, 'vote');
    this.checkComplete(viewChange, record.certificates, 'certificate');
  }

  private checkComplete(
    { replica, view, stable, slots }: ViewChange,
    known: ReadonlyMap<SequenceNumber, ReadonlyMap<View, Digest>>,
    what: 'vote' | 'certificate',
  ): void {
    const reports = new Map(slots.map((slot) => [slot.sequence, slot[what]]));
    for (const [sequence, byView] of known) {
      if (sequence <= stable.sequence) continue;
      const latest = Math.max(...[...byView.keys()].filter((each) => each < view));
      const digest = byView.get(latest);
      if (digest === undefined) continue;
      const reported = reports.get(sequence);
      const complete =
        reported?.view === latest ? reported.digest === digest : (reported?.view ?? -1) > latest;
      if (complete) continue;
      const omitted = `its prepare ${what} of view ${latest} at ${sequence}`;
      this.report('leaving', `replica ${replica} asks for view ${view} and omits ${omitted}`);
    }
  }

  private say(replica: ReplicaId, what: string, digest: Digest): void {
    const { said } = this.of(replica);
    const earlier = said.get(what);
    if (earlier === undefined) said.set(what, digest);
    else if (earlier !== digest) {
      this.report('no-equivocation', `replica ${replica} signed two digests: ${what}`);
    }
  }

  private of(replica: ReplicaId): Record {
    const known = this.records.get(replica);
    if (known !== undefined) return known;
    const record = { said: new Map(), votes: new Map(), certificates: new Map(), left: 0 };
    this.records.set(replica, record);
    return record;
  }
}

function note(
  to: Map<SequenceNumber, Map<View, Digest>>,
  sequence: SequenceNumber,
  { view, digest }: Position,
): void {
  const byView = to.get(sequence) ?? new Map<View, Digest>();
  to.set(sequence, byView.set(view, digest));
}
