/** The value that a part `q` of `values` does not exceed (nearest rank); NaN without values. */
export function quantile(values: Iterable<number>, q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(Math.max(Math.ceil(q * sorted.length) - 1, 0), sorted.length - 1)] ?? NaN;
}

/** Half of `values` lie on either side of it. */
export function median(values: Iterable<number>): number {
  return quantile(values, 0.5);
}
