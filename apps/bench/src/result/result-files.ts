/** A run as files: results.json as it is, results.csv one line a figure. */

import { ratios } from './ratios.js';
import type { Cell, Results } from './results.js';

const HEAD = [
  'scenario',
  'row',
  'case',
  'figure',
  'value',
  'unit',
  'redis_round_trips',
  'signature_checks',
  'disk_syncs',
];

export function resultsJson(results: Results): string {
  return `${JSON.stringify(results, null, 1)}\n`;
}

/** Every number with its row's texts (joined by spaces) and, for times and rates, its ratios. */
export function resultsCsv({ scenarios, yardstick }: Results): string {
  const lines = scenarios.flatMap(({ name, columns, rows }) =>
    rows.flatMap((row, index) => {
      const labels = columns.filter(({ unit }) => unit === 'text').map(({ key }) => row[key]);
      return columns.flatMap(({ key, unit }) => {
        const cell = row[key] ?? null;
        if (unit === 'text' || typeof cell !== 'number') return [];
        const against = ratios(cell, unit, yardstick);
        const { redisRoundTrip = null, signatureCheck = null, diskSync = null } = against ?? {};
        const label = labels.filter((each) => each !== null && each !== undefined).join(' ');
        return [[name, index, label, key, cell, unit, redisRoundTrip, signatureCheck, diskSync]];
      });
    }),
  );
  return [HEAD, ...lines].map((cells) => `${cells.map(field).join(',')}\n`).join('');
}

function field(cell: Cell): string {
  if (cell === null) return '';
  const text = String(cell);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
