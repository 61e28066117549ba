/**
 * The layout of view-changes. Certificates enter by what they certify: whichever
 * quorum signed proves the same, and the proof proves itself.
 */

import {
  CATALOGUE,
  type Digest,
  type SlotReport,
  type UnsignedViewChange,
  type View,
} from '@ccro/consensus';
import { hashes } from '@ccro/primitives';
import { startLayout } from './layout-start.js';
import { LAYOUT_TYPES } from './signing-bytes.js';

const TYPE = CATALOGUE['view-change'].signed.statements['view-change'].type;
const NO_CLUSTER = '';
/** Sequence number, then vote and certificate: a flag, a view and a digest each. */
const REPORT_BYTES = 8 + 2 * (1 + 8 + 32);
const NO_DIGEST = '0'.repeat(64);

/** What the sender of a view-change signs. */
export function viewChangeBytes(cluster: string, viewChange: UnsignedViewChange): Uint8Array {
  const { view, stable, slots, replica } = viewChange;
  return startLayout(TYPE, cluster, 8 + 1 + 8 + 32 + 4 + 32 + 4)
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
export function viewChangeBytesDigest(bytes: Uint8Array): Digest {
  return hashes.sha256(bytes);
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
  return hashes.sha256(layout.finish());
}
