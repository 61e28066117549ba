/** Slots on the page at a time. */
export const SLOTS_SHOWN = 20;

/**
 * Which slots are shown.
 *
 * @param top the newest one to show; undefined for the newest there is
 * @param newest the newest slot that was decided, 0 when none was
 * @returns the first and the last of them; both 0 when there are none
 */
export function shownSlots(
  top: number | undefined,
  newest: number,
): { readonly from: number; readonly to: number } {
  const to = Math.min(top ?? newest, newest);
  if (to === 0) return { from: 0, to: 0 };
  return { from: Math.max(1, to - SLOTS_SHOWN + 1), to };
}
