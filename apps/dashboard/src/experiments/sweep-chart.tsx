import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { SweepLines } from './sweep-lines.js';

const HEIGHT = 240;
/** Of the style sheet, without the dashes. PBFT and CCRO are told apart by the dashes of a line. */
const COLOURS = ['commander', 'communication', 'lagging', 'faulty', 'replica', 'accent'];
const DASH = [6, 4];

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
  /** Changes whenever the page's colours do: then it is drawn anew. */
  readonly theme: string;
}): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const data: uPlot.AlignedData = [
      [...sweep.sizes],
      ...sweep.lines.map(({ values }) => [...values]),
    ];
    const plot = new uPlot(optionsOf(sweep, element), data, element);
    const observer = new ResizeObserver(() =>
      plot.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [sweep, theme]);
  return (
    <figure class="chart">
      <figcaption>
        {title} <span class="quiet">{unit}, by number of nodes</span>
      </figcaption>
      <div ref={box} aria-hidden="true" />
      <ul class="phases">
        {sweep.lines.map(({ name }, index) => (
          <li key={name}>
            <span
              class={`line-mark colour-${index % COLOURS.length}`}
              data-dashed={isDashed(name)}
            />
            {name}
          </li>
        ))}
      </ul>
    </figure>
  );
}

function isDashed(name: string): boolean {
  return name.startsWith('pbft');
}

function optionsOf({ sizes, lines }: SweepLines, element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const axis = {
    stroke: colour('quiet'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  return {
    width: element.clientWidth || 300,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: () => [0, (sizes.at(-1) ?? 1) * 1.05] },
      y: { range: (_, __, most) => [0, Math.max(most * 1.1, 1)] },
    },
    axes: [axis, { ...axis, size: 54 }],
    series: [
      {},
      ...lines.map(({ name }, index) => ({
        label: name,
        stroke: colour(COLOURS[index % COLOURS.length] ?? 'accent'),
        width: 2,
        ...(isDashed(name) ? { dash: DASH } : {}),
        points: { show: true, size: 6 },
        spanGaps: true,
      })),
    ],
  };
}
