/**
 * Two rounds: what a view carried over from an earlier one, an honest collector brings to a decision
 * in two rounds, however many votes it has. Only who made a certificate sends it to all.
 */

import type { Certificate, ReplicaId, SequenceNumber, StoreRecord, View } from '@ccro/consensus';
import type { Report } from './violation.js';

export class TwoRoundsChecker {
  /** `replica view` of views that began at a replica: the slots that they carried over. */
  private readonly carriedOver = new Map<string, ReadonlySet<SequenceNumber>>();

  /** @param n number of replicas */
  constructor(
    private readonly n: number,
    private readonly report: Report,
  ) {}

  onAppended(replica: ReplicaId, record: StoreRecord): void {
    if (record.kind !== 'view-entered') return;
    const sequences = record.newView.newView.reproposals.map(({ sequence }) => sequence);
    this.carriedOver.set(nameOf(replica, record.view), new Set(sequences));
  }

  /** An honest replica sends a certificate to all. */
  onPublished(replica: ReplicaId, { phase, view, sequence, proof }: Certificate): void {
    if (phase !== 'prepare' || proof.signers.length !== this.n) return;
    if (this.carriedOver.get(nameOf(replica, view))?.has(sequence) !== true) return;
    const detail = `replica ${replica} made a certificate of all for a slot that view ${view} carried over: ${sequence}`;
    this.report('certificates', detail);
  }
}

function nameOf(replica: ReplicaId, view: View): string {
  return `${replica} ${view}`;
}
