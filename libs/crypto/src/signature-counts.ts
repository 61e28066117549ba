/**
 * How many signatures this process made and checked, for all its parts: what they cost is most
 * of a decision's price, so a benchmark counts them instead of guessing.
 */

export interface SignatureCounts {
  readonly made: number;
  readonly checked: number;
}

let made = 0;
let checked = 0;

export function countMade(): void {
  made += 1;
}

export function countChecked(): void {
  checked += 1;
}

/** Counts since the process began. */
export function signatureCounts(): SignatureCounts {
  return { made, checked };
}
