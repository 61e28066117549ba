import type { CellFigures, ExperimentRow } from '@ccro/experiment';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { Plot, type PlotLine } from '../panels/plot.js';
import { sweepLines, type SweepLine } from './sweep-lines.js';

const HEIGHT = 240;
/** Of the style sheet, without the dashes. PBFT and CCRO are told apart by the dashes of a line. */
const COLOURS = ['commander', 'communication', 'lagging', 'faulty', 'replica', 'accent'] as const;
const span = (largest: number): [number, number] => [0, (largest || 1) * 1.05];

interface SweepChartProps {
  readonly title: string;
  readonly unit: string;
  readonly rows: readonly ExperimentRow[];
  readonly figure: (figures: CellFigures) => number;
  readonly theme: string;
}

/** Figures against the number of nodes. The table has the same numbers for those who cannot see. */
export function SweepChart({ title, unit, rows, figure, theme }: SweepChartProps): JSX.Element {
  const sweep = useMemo(() => sweepLines(rows, figure), [rows.length]);
  const lines = useMemo(() => sweep.lines.map(plotLineOf), [sweep]);
  return (
    <figure class="chart">
      <figcaption>
        {title} <span class="quiet">{unit}, by number of nodes</span>
      </figcaption>
      <Plot x={sweep.sizes} height={HEIGHT} {...{ lines, span, theme }} />
      <ul class="phases">
        {lines.map(({ label, dashed }, index) => (
          <li key={label}>
            <span class={`line-mark colour-${index % COLOURS.length}`} data-dashed={dashed} />
            {label}
          </li>
        ))}
      </ul>
    </figure>
  );
}

function plotLineOf({ name, values }: SweepLine, index: number): PlotLine {
  const colour = COLOURS[index % COLOURS.length] ?? 'accent';
  return { label: name, values, colour, dashed: name.startsWith('pbft'), dotted: true };
}
