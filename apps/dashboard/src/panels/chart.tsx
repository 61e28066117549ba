import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export interface ChartLine {
  readonly label: string;
  /** Name of a colour of the style sheet, without the dashes. */
  readonly colour: string;
  readonly values: readonly (number | null)[];
}

export interface ChartProps {
  readonly title: string;
  readonly unit: string;
  /** Seconds; as many as each line has values. */
  readonly times: readonly number[];
  readonly lines: readonly ChartLine[];
  /** Grows when the page's colours change: then it is drawn anew. */
  readonly theme: string;
}

const HEIGHT = 160;
const SPAN_SECONDS = 120;

/** Lines over the last minutes. The numbers are in the legend for those who cannot see it. */
export function Chart({ title, unit, times, lines, theme }: ChartProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const made = new uPlot(optionsOf(lines, element), dataOf(times, lines), element);
    plot.current = made;
    const observer = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [theme]);
  useEffect(() => plot.current?.setData(dataOf(times, lines)), [times, lines]);
  const newest = lines.map(
    ({ label, values }) => `${label} ${numberText(values.findLast((value) => value !== null))}`,
  );
  return (
    <figure class="chart">
      <figcaption>
        {title} <span class="quiet">{`${newest.join(', ')} ${unit}`}</span>
      </figcaption>
      <div ref={box} aria-hidden="true" />
    </figure>
  );
}

function dataOf(times: readonly number[], lines: readonly ChartLine[]): uPlot.AlignedData {
  return [[...times], ...lines.map(({ values }) => [...values])];
}

function optionsOf(lines: readonly ChartLine[], element: HTMLElement): uPlot.Options {
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
      x: { time: false, range: () => [-SPAN_SECONDS, 0] },
      y: { range: (_, __, most) => [0, Math.max(most * 1.1, 1)] },
    },
    axes: [
      { ...axis, values: (_, at) => at.map((second) => `${second} s`) },
      { ...axis, size: 44 },
    ],
    series: [
      {},
      ...lines.map(({ label, colour: name }) => ({
        label,
        stroke: colour(name),
        width: 2,
        points: { show: false },
        spanGaps: true,
      })),
    ],
  };
}

function numberText(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  return value < 10 ? value.toFixed(1) : String(Math.round(value));
}
