/**
 * The layouts of view-changes and new-views. Certificates enter by what they certify: whichever
 * quorum signed proves the same, and the proof proves itself.
 */

import { hash } from 'node:crypto';
import type {
  Digest,
  NewView,
  SlotReport,
  Unsigned,
  UnsignedViewChange,
  View,
} from '@ccro/consensus';
import { LAYOUT_TYPES, startLayout } from './signing-bytes.js';

const NO_CLUSTER = '';
/** Sequence number, then vote and certificate: a flag, a view and a digest each. */
const REPORT_BYTES = 8 + 2 * (1 + 8 + 32);
const NO_DIGEST = '0'.repeat(64);

/** What the sender of a view-change signs. */
export function viewChangeBytes(cluster: string, viewChange: UnsignedViewChange): Buffer {
  const { view, stable, slots, replica } = viewChange;
  return startLayout(LAYOUT_TYPES.viewChange, cluster, 8 + 1 + 8 + 32 + 4 + 32 + 4)
    .u64(view)
    .u8(stable.certificate === null ? 0 : 1)
    .u64(stable.sequence)
    .digest(stable.digest)
    .u32(slots.length)
    .digest(reportsDigest(slots))
    .u32(replica)
    .finish();
}

/** What new-views call a view-change by. */
export function viewChangeDigest(cluster: string, viewChange: UnsignedViewChange): Digest {
  return viewChangeBytesDigest(viewChangeBytes(cluster, viewChange));
}

/** The same of what is signed. */
export function viewChangeBytesDigest(bytes: Buffer): Digest {
  return hash('sha256', bytes, 'hex');
}

/** What a new primary signs. */
export function newViewBytes(cluster: string, newView: Unsigned<NewView>): Buffer {
  const { view, viewChanges, reproposals, replica } = newView;
  const size = 8 + 4 + viewChanges.length * 36 + 4 + reproposals.length * 40 + 4;
  const layout = startLayout(LAYOUT_TYPES.newView, cluster, size).u64(view);
  layout.u32(viewChanges.length);
  for (const each of viewChanges) layout.u32(each.replica).digest(each.digest);
  layout.u32(reproposals.length);
  for (const { sequence, digest } of reproposals) layout.u64(sequence).digest(digest);
  return layout.u32(replica).finish();
}

function reportsDigest(slots: readonly SlotReport[]): Digest {
  const layout = startLayout(LAYOUT_TYPES.slotReports, NO_CLUSTER, slots.length * REPORT_BYTES);
  const subject = (each: { readonly view: View; readonly digest: Digest } | null): void => {
    layout
      .u8(each === null ? 0 : 1)
      .u64(each?.view ?? 0)
      .digest(each?.digest ?? NO_DIGEST);
  };
  for (const { sequence, vote, certificate } of slots) {
    layout.u64(sequence);
    subject(vote);
    subject(certificate);
  }
  return hash('sha256', layout.finish(), 'hex');
}
