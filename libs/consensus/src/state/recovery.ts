/**
 * What a replica knows of the others' progress since it started.
 *
 * Invariant kept here: a primary proposes nothing until a quorum (itself included) has reported
 * its progress and it has caught up with what at least one honest replica executed. Otherwise a
 * primary that restarted without its memory would assign sequence numbers a second time.
 */

import type { ReplicaId, SequenceNumber, View } from '../messages/ids.js';
import type { ClusterSize } from '../model/config.js';

export class Recovery {
  private readonly reports = new Map<ReplicaId, SequenceNumber>();
  private readonly views = new Map<ReplicaId, View>();
  private settled = false;
  /**
   * The highest sequence number that f+1 others claim to have executed, so at least one honest
   * replica did; 0 while fewer have reported.
   */
  provenProgress: SequenceNumber = 0;
  /** The highest view that f+1 others claim to be in. */
  provenView: View = 0;
  /** The highest sequence number seen in a valid certificate. */
  highestCertified: SequenceNumber = 0;
  /** The state that no source sent correctly: it is fetched again only when requests for help bring nothing. */
  noSourceOf: SequenceNumber = 0;
  /** Whether the status timer is set because this replica lags. */
  callingForHelp = false;
  /** Rotates who answers this replica's status messages. */
  attempts = 0;
  /** Calls for help in a row after which nothing had executed. */
  fruitlessCalls = 0;
  /** `lastExecuted` when the last status was sent, to see whether anything moved since. */
  executedAtLastStatus: SequenceNumber = -1;

  constructor(private readonly size: ClusterSize) {}

  /** Notes the progress that another replica reports; it never decreases. */
  heard(replica: ReplicaId, lastExecuted: SequenceNumber, view: View): void {
    this.reports.set(replica, Math.max(this.reports.get(replica) ?? -1, lastExecuted));
    this.views.set(replica, Math.max(this.views.get(replica) ?? 0, view));
    this.provenProgress = this.claimedByWeakQuorum(this.reports);
    this.provenView = this.claimedByWeakQuorum(this.views);
  }

  private claimedByWeakQuorum(claims: ReadonlyMap<ReplicaId, number>): number {
    return [...claims.values()].sort((a, b) => b - a)[this.size.weakQuorum - 1] ?? 0;
  }

  /** How many others said where they are. */
  get heardFrom(): number {
    return this.reports.size;
  }

  /** A view began on the word of a quorum: nothing more has to be asked before proposing. */
  settle(): void {
    this.settled = true;
  }

  /** Whether a primary may propose: once true, it stays true. */
  mayPropose(lastExecuted: SequenceNumber): boolean {
    this.settled = this.couldPropose(lastExecuted);
    return this.settled;
  }

  /** The same without noting anything, for reading only. */
  couldPropose(lastExecuted: SequenceNumber): boolean {
    if (this.settled) return true;
    return this.reports.size >= this.size.quorum - 1 && this.provenProgress <= lastExecuted;
  }
}
