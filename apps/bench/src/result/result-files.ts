/** A run as files: results.json as it is, results.csv one line a figure. */

import { ratios } from './ratios.js';
import type { Cell, Column, Results } from './results.js';

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

/** Every figure with what its row is about and, for times and rates, its ratios. */
export function resultsCsv({ scenarios, yardstick }: Results): string {
  const lines = scenarios.flatMap(({ name, columns, rows }) =>
    rows.flatMap((row, index) => {
      const labels = columns.filter(isLabel).flatMap(({ key }) => {
        const cell = row[key] ?? null;
        return cell === null ? [] : [`${key}=${cell}`];
      });
      return columns.flatMap((column) => {
        const { key, unit } = column;
        const cell = row[key] ?? null;
        if (isLabel(column) || typeof cell !== 'number') return [];
        const against = ratios(cell, unit, yardstick);
        const { redisRoundTrip = null, signatureCheck = null, diskSync = null } = against ?? {};
        const label = labels.join(' ');
        return [[name, index, label, key, cell, unit, redisRoundTrip, signatureCheck, diskSync]];
      });
    }),
  );
  return [HEAD, ...lines].map((cells) => `${cells.map(field).join(',')}\n`).join('');
}

function isLabel({ unit, label }: Column): boolean {
  return unit === 'text' || label === true;
}

function field(cell: Cell): string {
  if (cell === null) return '';
  const text = String(cell);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
