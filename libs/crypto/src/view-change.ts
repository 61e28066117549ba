/**
 * The layout of view-changes, and what they can say. Certificates enter by what they certify:
 * whichever quorum signed proves the same, and the proof proves itself.
 */

import {
  CATALOGUE,
  type Digest,
  type RejectCode,
  type SlotReport,
  type UnsignedViewChange,
  type View,
  type ViewChange,
} from '@ccro/consensus';
import { startLayout } from './byte-layout.js';
import { sha256 } from './digests.js';
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
  return sha256(viewChangeBytes(cluster, viewChange));
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
  return sha256(layout.finish());
}

/**
 * Whether a view-change says what one can say: slots ascending above the checkpoint, everything
 * from earlier views, certificates for the slots they are reported of.
 */
export function refuseViewChangeShape(viewChange: ViewChange): RejectCode | undefined {
  const { view, stable, slots } = viewChange;
  const { certificate } = stable;
  const proven =
    certificate === null
      ? stable.sequence === 0
      : certificate.phase === 'checkpoint' &&
        certificate.view === 0 &&
        certificate.sequence === stable.sequence &&
        certificate.digest === stable.digest;
  const above = isAscending([stable.sequence, ...slots.map(({ sequence }) => sequence)]);
  const sound = slots.every((slot) => {
    if (slot.vote !== null && slot.vote.view >= view) return false;
    const held = slot.certificate;
    if (held === null) return slot.vote !== null;
    return held.phase === 'prepare' && held.sequence === slot.sequence && held.view < view;
  });
  return proven && above && sound ? undefined : 'malformed-view-change';
}

/** Strictly. */
export function isAscending(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? number));
}
