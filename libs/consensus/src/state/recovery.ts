/**
 * What a replica has heard of the others' progress since it started.
 *
 * Invariant kept here: a primary proposes nothing until a quorum (itself included) has told it
 * where it is and it has caught up with what at least one honest replica executed. Otherwise a
 * primary that restarted without its memory would assign sequence numbers a second time.
 */

import type { ClusterSize } from '../config.js';
import type { ReplicaId, SequenceNumber, View } from '../ids.js';

export class Recovery {
  private readonly reports = new Map<ReplicaId, SequenceNumber>();
  private readonly views = new Map<ReplicaId, View>();
  private settled = false;
  /** The highest sequence number seen in a valid certificate. */
  highestCertified: SequenceNumber = 0;
  /** Whether the status timer is set because this replica lags. */
  callingForHelp = false;
  /** Rotates who answers this replica's status messages. */
  attempts = 0;
  /** Calls for help in a row after which nothing had executed. */
  fruitlessCalls = 0;
  /** `lastExecuted` when the last status was sent, to see whether anything moved since. */
  executedAtLastStatus: SequenceNumber = -1;

  constructor(private readonly size: ClusterSize) {}

  /** Notes what another replica said; statuses of one replica only ever grow. */
  heard(replica: ReplicaId, lastExecuted: SequenceNumber): void {
    const earlier = this.reports.get(replica) ?? -1;
    this.reports.set(replica, Math.max(earlier, lastExecuted));
  }

  /** How many others said where they are. */
  get heardFrom(): number {
    return this.reports.size;
  }

  /**
   * The highest sequence number that f+1 others claim to have executed, so at least one honest
   * replica did; 0 while fewer have spoken.
   */
  get provenProgress(): SequenceNumber {
    const claims = [...this.reports.values()].sort((a, b) => b - a);
    return claims[this.size.weakQuorum - 1] ?? 0;
  }

  /** A view began on the word of a quorum: nothing more has to be asked before proposing. */
  settle(): void {
    this.settled = true;
  }

  /** Notes the view another replica says it is in. */
  heardView(replica: ReplicaId, view: View): void {
    this.views.set(replica, Math.max(this.views.get(replica) ?? 0, view));
  }

  /** The highest view that f+1 others claim to be in. */
  get provenView(): View {
    const claims = [...this.views.values()].sort((a, b) => b - a);
    return claims[this.size.weakQuorum - 1] ?? 0;
  }

  /** Whether a primary may propose: once true, it stays true. */
  mayPropose(lastExecuted: SequenceNumber): boolean {
    this.settled = this.couldPropose(lastExecuted);
    return this.settled;
  }

  /** The same, for those who only look: notes nothing. */
  couldPropose(lastExecuted: SequenceNumber): boolean {
    if (this.settled) return true;
    return this.reports.size >= this.size.quorum - 1 && this.provenProgress <= lastExecuted;
  }
}
