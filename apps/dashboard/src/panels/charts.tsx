import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { RatesPoint } from '../state/dashboard-state.js';
import { withGaps } from './gaps.js';
import { Plot, type PlotLine } from './plot.js';

interface ChartsProps {
  readonly rates: readonly RatesPoint[];
  readonly theme: string;
}

/** Consensus times and decisions a second, of requests of this gateway. */
export function Charts({ rates, theme }: ChartsProps): JSX.Element {
  const { times, latency, throughput } = useMemo(() => linesOf(rates), [rates]);
  const common = { times, theme };
  return (
    <section aria-labelledby="charts" class="charts">
      <h2 id="charts" class="spoken">
        Charts
      </h2>
      <Chart {...common} title="Consensus time" unit="ms" lines={latency} />
      <Chart {...common} title="Throughput" unit="a second" lines={throughput} />
    </section>
  );
}

function linesOf(told: readonly RatesPoint[]) {
  const rates = withGaps(told);
  const at = (read: (point: RatesPoint) => number | undefined): (number | null)[] =>
    rates.map((point) => ('type' in point ? (read(point) ?? null) : null));
  const newestMs = rates.at(-1)?.atMs ?? 0;
  const times = rates.map(({ atMs }) => Math.round((atMs - newestMs) / 100) / 10);
  const median = at(({ consensusMs }) => consensusMs?.median);
  const p99 = at(({ consensusMs }) => consensusMs?.p99);
  return {
    times,
    latency: [
      { label: 'median', colour: 'commander', values: median },
      { label: 'p99', colour: 'lagging', values: p99 },
    ],
    throughput: [
      { label: 'decided', colour: 'communication', values: at(({ decided }) => decided) },
      { label: 'refused', colour: 'faulty', values: at(({ refused }) => refused) },
    ],
  };
}

interface ChartProps {
  readonly title: string;
  readonly unit: string;
  /** Seconds; as many as each line has values. */
  readonly times: readonly number[];
  readonly lines: readonly PlotLine[];
  readonly theme: string;
}

const HEIGHT = 160;
const SPAN_SECONDS = 120;
const span = (): [number, number] => [-SPAN_SECONDS, 0];

/** Lines over the last minutes. The numbers are in the legend for those who cannot see it. */
function Chart({ title, unit, times, lines, theme }: ChartProps): JSX.Element {
  const newest = lines.map(
    ({ label, values }) => `${label} ${numberText(values.findLast((value) => value !== null))}`,
  );
  return (
    <figure class="chart">
      <figcaption>
        {title} <span class="quiet">{`${newest.join(', ')} ${unit}`}</span>
      </figcaption>
      <Plot x={times} height={HEIGHT} suffix=" s" {...{ lines, span, theme }} />
    </figure>
  );
}

function numberText(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  return value < 10 ? value.toFixed(1) : String(Math.round(value));
}
