const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** A curve of `width` characters at most, from zero to the largest value. */
export function sparkline(values: readonly number[], width: number): string {
  const top = Math.max(...values, 1);
  return thinned(values, width)
    .map((value) => BARS[Math.max(Math.round((value / top) * (BARS.length - 1)), 0)] ?? '')
    .join('');
}

/** The largest value of each of `width` equal stretches. */
function thinned(values: readonly number[], width: number): number[] {
  if (values.length <= width) return [...values];
  return Array.from({ length: width }, (_, index) => {
    const from = Math.floor((index * values.length) / width);
    const to = Math.floor(((index + 1) * values.length) / width);
    return Math.max(...values.slice(from, to));
  });
}
