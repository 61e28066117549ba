/** A run as files: results.json as it is, results.csv one line a figure. */

import { csv } from '@ccro/figures';
import { ratios } from './format.js';
import type { Column, Results } from './results.js';

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
        const { redisRoundTrip, signatureCheck, diskSync } = ratios(cell, unit, yardstick) ?? {};
        const label = labels.join(' ');
        return [[name, index, label, key, cell, unit, redisRoundTrip, signatureCheck, diskSync]];
      });
    }),
  );
  return csv([HEAD, ...lines]);
}

function isLabel({ unit, label }: Column): boolean {
  return unit === 'text' || label === true;
}
