import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { Plot, type PlotLine } from './plot.js';

interface ChartLine extends PlotLine {
  readonly values: readonly (number | null)[];
}

interface ChartProps {
  readonly title: string;
  readonly unit: string;
  /** Seconds; as many as each line has values. */
  readonly times: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly theme: string;
}

const HEIGHT = 160;
const SPAN_SECONDS = 120;
const span = (): [number, number] => [-SPAN_SECONDS, 0];

/** Lines over the last minutes. The numbers are in the legend for those who cannot see it. */
export function Chart({ title, unit, times, lines, theme }: ChartProps): JSX.Element {
  const rows = useMemo(() => lines.map(({ values }) => values), [lines]);
  const newest = lines.map(
    ({ label, values }) => `${label} ${numberText(values.findLast((value) => value !== null))}`,
  );
  return (
    <figure class="chart">
      <figcaption>
        {title} <span class="quiet">{`${newest.join(', ')} ${unit}`}</span>
      </figcaption>
      <Plot x={times} height={HEIGHT} suffix=" s" {...{ rows, lines, span, theme }} />
    </figure>
  );
}

function numberText(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  return value < 10 ? value.toFixed(1) : String(Math.round(value));
}
