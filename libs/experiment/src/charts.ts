/** Rows as charts against the number of nodes: a curve for each mode and fault. */

import { lineChart, type Series } from '@ccro/figures';
import { isMeasured, type ExperimentRow, type MeasuredRow } from './row.js';

/** What is drawn, by the name of its file. */
export const CHARTS = {
  'time.svg': {
    title: 'Time of one decision by number of nodes',
    of: ({ figures }: MeasuredRow) => figures.timeMs,
    yLabel: (y: number) => `${y.toFixed(y < 10 ? 1 : 0)} ms`,
  },
  'messages.svg': {
    title: 'Deliveries for one decision by number of nodes',
    of: ({ figures }: MeasuredRow) => figures.messages,
    yLabel: (y: number) => y.toFixed(0),
  },
} as const;

export type ChartName = keyof typeof CHARTS;

export function isChartName(name: string): name is ChartName {
  return Object.hasOwn(CHARTS, name);
}

/** The chart of that name as SVG. */
export function chartOf(name: ChartName, rows: readonly ExperimentRow[]): string {
  const { title, of, yLabel } = CHARTS[name];
  return lineChart(seriesOf(rows, of), {
    title,
    xLabel: (x) => `n = ${x.toFixed(0)}`,
    yLabel,
    marks: true,
  });
}

/** A curve for each mode and fault, and for each payload where there are several. */
export function seriesOf(
  rows: readonly ExperimentRow[],
  of: (row: MeasuredRow) => number,
): Series[] {
  const severalPayloads = new Set(rows.map(({ payloadBytes }) => payloadBytes)).size > 1;
  const series = new Map<string, { x: number; y: number }[]>();
  for (const row of rows.filter(isMeasured)) {
    const { mode, fault, payloadBytes, nodes } = row;
    const payload = severalPayloads ? `, ${payloadBytes} B` : '';
    const name = `${mode}, ${fault === 'none' ? 'no fault' : fault}${payload}`;
    const points = series.get(name) ?? [];
    points.push({ x: nodes, y: of(row) });
    series.set(name, points);
  }
  return [...series].map(([name, points]) => ({
    name,
    points: points.sort((a, b) => a.x - b.x),
  }));
}
