/**
 * The re-proposal rule: what a new view must carry over (`docs/PROTOCOL.md`, view change). Pure:
 * every replica computes it from the same view-changes and must come to the same.
 *
 * Why it is safe: a digest committed at view v left a prepare certificate for it, at view v or
 * later, in some honest replica of every quorum, so v* ≥ v. A digest decided by all n votes of
 * view v is reported by f+1 of every quorum at view ≥ v, and nothing else gathers f+1 reports
 * after v. Hence: later votes of f+1 win over the highest certificate, which wins over nothing;
 * null votes count like others, and "later" is strict.
 */

import type { Digest, SequenceNumber, View } from '../messages/ids.js';
import type { Reproposal, SlotReport, StableCheckpoint, ViewChange } from '../messages/index.js';
import type { ClusterSize } from '../model/config.js';

export interface CarriedOver {
  /** The highest stable checkpoint among the view-changes. */
  readonly stable: StableCheckpoint;
  /** One per slot above it up to the highest reported one, ascending, without gaps. */
  readonly reproposals: readonly Reproposal[];
}

/**
 * @param viewChanges a quorum of valid view-changes for one view, of distinct replicas
 * @param nullBatch digest of the batch that executes as nothing
 */
export function chooseReproposals(
  viewChanges: readonly ViewChange[],
  { weakQuorum }: ClusterSize,
  nullBatch: Digest,
): CarriedOver {
  const [first, ...rest] = viewChanges;
  if (first === undefined) throw new RangeError('a quorum is not empty');
  const stable = rest.reduce(
    (highest, { stable: each }) => (each.sequence > highest.sequence ? each : highest),
    first.stable,
  );
  const reports = reportsBySlot(viewChanges);
  const highest = Math.max(stable.sequence, ...reports.keys());
  const reproposals: Reproposal[] = [];
  for (let sequence = stable.sequence + 1; sequence <= highest; sequence += 1) {
    const digest = chooseDigest(reports.get(sequence) ?? [], weakQuorum) ?? nullBatch;
    reproposals.push({ sequence, digest });
  }
  return { stable, reproposals };
}

function reportsBySlot(viewChanges: readonly ViewChange[]): Map<SequenceNumber, SlotReport[]> {
  const bySlot = new Map<SequenceNumber, SlotReport[]>();
  for (const report of viewChanges.flatMap(({ slots }) => slots)) {
    const reports = bySlot.get(report.sequence);
    if (reports === undefined) bySlot.set(report.sequence, [report]);
    else reports.push(report);
  }
  return bySlot;
}

function chooseDigest(reports: readonly SlotReport[], weakQuorum: number): Digest | undefined {
  const certified = highestCertified(reports);
  const votedLater = digestVotedAfter(certified?.view ?? -1, reports, weakQuorum);
  return votedLater ?? certified?.digest;
}

function highestCertified(
  reports: readonly SlotReport[],
): { readonly view: View; readonly digest: Digest } | undefined {
  let highest: SlotReport['certificate'] = null;
  for (const { certificate } of reports) {
    if (certificate === null) continue;
    if (highest === null || certificate.view > highest.view) highest = certificate;
  }
  return highest ?? undefined;
}

/** The digest of which f+1 latest votes are in views after `view`; the least if there are two. */
function digestVotedAfter(
  view: View,
  reports: readonly SlotReport[],
  weakQuorum: number,
): Digest | undefined {
  const counts = new Map<Digest, number>();
  for (const { vote } of reports) {
    if (vote === null || vote.view <= view) continue;
    counts.set(vote.digest, (counts.get(vote.digest) ?? 0) + 1);
  }
  const supported = [...counts].filter(([, count]) => count >= weakQuorum);
  return supported.map(([digest]) => digest).sort()[0];
}
