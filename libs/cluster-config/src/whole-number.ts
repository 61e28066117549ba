/** A whole number as people write it: digits and nothing else, few enough to be exact. */
export function wholeNumber(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
