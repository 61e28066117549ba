import { lineChart } from '@ccro/figures';

/** How many per cent of the decisions took no longer than so long, as SVG. */
export function distributionChart(
  title: string,
  cases: readonly { readonly name: string; readonly timesMs: Float64Array }[],
): string {
  return lineChart(
    cases.map(({ name, timesMs }) => ({ name, points: percentiles(timesMs) })),
    {
      title,
      xLabel: (x) => `${x.toFixed(0)} %`,
      yLabel: (y) => `${y.toFixed(1)} ms`,
    },
  );
}

/** Without the hundredth, which is some accident. */
function percentiles(timesMs: Float64Array): { readonly x: number; readonly y: number }[] {
  const sorted = timesMs.toSorted();
  return Array.from({ length: 99 }, (_, index) => {
    const x = index + 1;
    return { x, y: sorted[Math.ceil((x / 100) * sorted.length) - 1] ?? 0 };
  });
}
