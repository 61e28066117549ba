import type { RejectCode, ViewChange } from '@ccro/consensus';

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
