/** A chart of lines over time, as SVG. */

export interface Series {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface ChartOptions {
  readonly title: string;
  readonly xLabel: (x: number) => string;
  readonly yLabel: (y: number) => string;
  /** Whether each point is marked: where there are few, perhaps one. Default false. */
  readonly marks?: boolean;
}

const WIDTH = 960;
const HEIGHT = 420;
const MARGIN = { top: 40, right: 170, bottom: 40, left: 80 } as const;
const PLOT_WIDTH = WIDTH - MARGIN.left - MARGIN.right;
const PLOT_HEIGHT = HEIGHT - MARGIN.top - MARGIN.bottom;
const TICKS = 5;
const LEGEND_LINE = 18;
/** Distinct for most kinds of colour vision (Okabe and Ito). */
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#d55e00', '#cc79a7', '#56b4e9', '#000000'];

/** The vertical axis begins at zero: a flat line looks flat. */
export function lineChart(series: readonly Series[], options: ChartOptions): string {
  const points = series.flatMap((each) => each.points);
  const maxX = Math.max(...points.map(({ x }) => x), 1);
  const maxY = Math.max(...points.map(({ y }) => y), 1) * 1.05;
  const toX = (x: number): number => MARGIN.left + (x / maxX) * PLOT_WIDTH;
  const toY = (y: number): number => MARGIN.top + PLOT_HEIGHT - (y / maxY) * PLOT_HEIGHT;
  const lines = series.map((each, index) => {
    const path = each.points.map(({ x, y }) => `${toX(x).toFixed(1)},${toY(y).toFixed(1)}`);
    return `<polyline fill="none" stroke="${colour(index)}" points="${path.join(' ')}"/>`;
  });
  const marks = ({ points: own }: Series, index: number): string[] =>
    own.map(({ x, y }) => {
      const at = `cx="${toX(x).toFixed(1)}" cy="${toY(y).toFixed(1)}"`;
      return `<circle ${at} r="3" fill="${colour(index)}"/>`;
    });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" ` +
      'font-family="sans-serif" font-size="12">',
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${MARGIN.left}" y="24" font-size="16">${escaped(options.title)}</text>`,
    ...axis(maxX, (x) => [toX(x), HEIGHT - 18, 'middle'], options.xLabel),
    ...axis(maxY, (y) => [MARGIN.left - 8, toY(y) + 4, 'end'], options.yLabel),
    ...ticks(maxY).map(
      (y) =>
        `<line x1="${MARGIN.left}" x2="${MARGIN.left + PLOT_WIDTH}" ` +
        `y1="${toY(y).toFixed(1)}" y2="${toY(y).toFixed(1)}" stroke="#dddddd"/>`,
    ),
    ...lines,
    ...(options.marks === true ? series.flatMap(marks) : []),
    ...series.map(legend),
    '</svg>\n',
  ].join('\n');
}

function axis(
  max: number,
  place: (value: number) => readonly [x: number, y: number, anchor: string],
  label: (value: number) => string,
): string[] {
  return ticks(max).map((value) => {
    const [x, y, anchor] = place(value);
    const at = `x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"`;
    return `<text ${at}>${escaped(label(value))}</text>`;
  });
}

function ticks(max: number): number[] {
  return Array.from({ length: TICKS + 1 }, (_, index) => (max * index) / TICKS);
}

function legend({ name }: Series, index: number): string {
  const x = WIDTH - MARGIN.right + 16;
  const y = MARGIN.top + index * LEGEND_LINE;
  return (
    `<rect x="${x}" y="${y}" width="12" height="12" fill="${colour(index)}"/>` +
    `<text x="${x + 18}" y="${y + 11}">${escaped(name)}</text>`
  );
}

function colour(index: number): string {
  return COLOURS[index % COLOURS.length] ?? '#000000';
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
