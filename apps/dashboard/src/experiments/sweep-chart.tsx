import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { Plot } from '../panels/plot.js';
import type { SweepLines } from './sweep-lines.js';

const HEIGHT = 240;
/** Of the style sheet, without the dashes. PBFT and CCRO are told apart by the dashes of a line. */
const COLOURS = ['commander', 'communication', 'lagging', 'faulty', 'replica', 'accent'] as const;
const span = (largest: number): [number, number] => [0, (largest || 1) * 1.05];

/** Figures against the number of nodes. The table has the same numbers for those who cannot see. */
export function SweepChart({
  title,
  unit,
  sweep,
  theme,
}: {
  readonly title: string;
  readonly unit: string;
  readonly sweep: SweepLines;
  readonly theme: string;
}): JSX.Element {
  const rows = useMemo(() => sweep.lines.map(({ values }) => values), [sweep]);
  const lines = sweep.lines.map(({ name }, index) => ({
    label: name,
    colour: COLOURS[index % COLOURS.length] ?? 'accent',
    dashed: name.startsWith('pbft'),
    dotted: true,
  }));
  return (
    <figure class="chart">
      <figcaption>
        {title} <span class="quiet">{unit}, by number of nodes</span>
      </figcaption>
      <Plot x={sweep.sizes} height={HEIGHT} {...{ rows, lines, span, theme }} />
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
