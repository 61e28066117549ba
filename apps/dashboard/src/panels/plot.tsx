import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { lonely } from './gaps.js';

export interface PlotLine {
  readonly label: string;
  /** As many as there are x; nothing where there is no value. */
  readonly values: readonly (number | null | undefined)[];
  /** Name of a colour of the style sheet, without the dashes. */
  readonly colour: string;
  readonly dashed?: boolean;
  /** Each value is marked, and the line goes on where one is missing: else it has a gap there. */
  readonly dotted?: boolean;
}

interface PlotProps {
  /** Where the values of all lines are, from left to right. */
  readonly x: readonly number[];
  readonly lines: readonly PlotLine[];
  /** Ends of the horizontal axis, for the greatest x. */
  readonly span: (greatest: number) => [number, number];
  /** What stands behind the numbers of the horizontal axis. */
  readonly suffix?: string;
  /** In pixels. */
  readonly height: number;
  /** Changes whenever the page's colours do: then it is drawn anew. */
  readonly theme: string;
}

/** Pixels left of the vertical axis, for its numbers. */
const MARGIN = 54;
const DASH = [6, 4];

/** A chart of lines. Screen readers skip it, so its users also show the numbers as text. */
export function Plot(props: PlotProps): JSX.Element {
  const { x, lines, height, theme } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const labels = lines.map(({ label }) => label).join();
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const made = new uPlot(optionsOf(props, element), dataOf(props), element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [theme, labels]);
  useEffect(() => plot.current?.setData(dataOf(props)), [x, lines]);
  return <div ref={box} class="plot" aria-hidden="true" />;
}

function dataOf({ x, lines }: PlotProps): uPlot.AlignedData {
  return [[...x], ...lines.map(({ values }) => [...values])];
}

function optionsOf(props: PlotProps, element: HTMLElement): uPlot.Options {
  const { lines, span, suffix = '', height } = props;
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
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: (_, __, greatest) => span(greatest) },
      y: { range: (_, __, greatest) => [0, Math.max(greatest * 1.1, 1)] },
    },
    axes: [
      { ...axis, values: (_, at) => at.map((each) => `${each}${suffix}`) },
      { ...axis, size: MARGIN },
    ],
    series: [
      {},
      ...lines.map(({ label, colour: name, dashed = false, dotted = false }) => ({
        label,
        stroke: colour(name),
        width: 2,
        ...(dashed ? { dash: DASH } : {}),
        points: dotted
          ? { show: true, size: 6 }
          : {
              show: true,
              size: 4,
              filter: (plot: uPlot, row: number) => lonely(Array.from(plot.data[row] ?? [])),
            },
        spanGaps: dotted,
      })),
    ],
  };
}
