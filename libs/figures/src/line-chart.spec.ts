import { expect, it } from 'vitest';
import { lineChart } from './line-chart.js';
import { sparkline } from './sparkline.js';

it('draws each series as a line inside the frame, from zero up', () => {
  const svg = lineChart(
    [
      {
        name: 'a <b>',
        points: [
          { x: 0, y: 0 },
          { x: 10, y: 100 },
        ],
      },
      {
        name: 'flat',
        points: [
          { x: 0, y: 50 },
          { x: 10, y: 50 },
        ],
      },
    ],
    { title: 'T & U', xLabel: (x) => `${x} s`, yLabel: (y) => `${Math.round(y)} MB` },
  );
  expect(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"')).toBe(true);
  expect(svg).toContain('T &amp; U');
  expect(svg).toContain('a &lt;b&gt;');
  expect(svg).toContain('>10 s<');
  expect(svg).toContain('>105 MB<');
  const lines = [...svg.matchAll(/points="([^"]*)"/g)].map(([, points = '']) =>
    points.split(' ').map((point) => point.split(',').map(Number)),
  );
  expect(lines).toHaveLength(2);
  const [[from, to] = [], flat = []] = lines;
  expect(from).toEqual([80, 380]);
  expect(to?.[0]).toBe(790);
  expect(to?.[1]).toBeCloseTo(40 + 340 * (1 - 100 / 105), 0);
  expect(flat[0]?.[1]).toBe(flat[1]?.[1]);
});

it('draws a curve of characters, the peaks of each stretch', () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8)).toBe('▁▂▃▄▅▆▇█');
  expect(sparkline([7, 7, 7], 8)).toBe('███');
  expect(sparkline([0, 0, 9, 0, 0, 0], 3)).toBe('▁█▁');
  expect(sparkline([], 8)).toBe('');
});
