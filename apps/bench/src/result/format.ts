/** Figures and tables as people read them. */

import { bytes } from '@ccro/figures';
import Table from 'cli-table3';
import pc from 'picocolors';
import type { Cell, Column, Results, ScenarioResult, Unit, Verdict, Yardstick } from './results.js';

const US_PER_SECOND = 1_000_000;
const AGAINST = {
  redisRoundTrip: 'Redis round trip',
  signatureCheck: 'signature check',
  diskSync: 'write to disk',
} as const;

/** A scenario as it is shown on a terminal. */
export function scenarioText(result: ScenarioResult, yardstick: Yardstick): string {
  const { title, columns, notes, verdicts } = result;
  const table = new Table({
    head: columns.map(columnTitle),
    style: { head: [], border: [], compact: true },
  });
  table.push(...rowTexts(result, yardstick));
  return [
    pc.bold(title),
    table.toString(),
    ...notes.map((note) => `- ${note}`),
    ...verdicts.map((verdict) => (verdict.met ? pc.green : pc.red)(verdictText(verdict))),
    '',
  ].join('\n');
}

/** One line on where and how. */
export function machineText({ machine, commit, command }: Results): string {
  const { processor, cores, node, redis, system } = machine;
  return (
    `${command}: ${cores} cores (${processor}), ${system}, Node ${node}, Redis ${redis}, ` +
    `commit ${commit ?? 'unknown'}`
  );
}

export function columnTitle({ title, against }: Column): string {
  return against === undefined ? title : `${title} (× ${AGAINST[against]})`;
}

/** The cells with their units, and with multiples of the yardstick where a column asks for them. */
export function rowTexts({ columns, rows }: ScenarioResult, yardstick: Yardstick): string[][] {
  return rows.map((row) =>
    columns.map((column) => cellText(row[column.key] ?? null, column, yardstick)),
  );
}

function cellText(cell: Cell, { unit, against }: Column, yardstick: Yardstick): string {
  const text = figureText(cell, unit);
  const multiples = against === undefined ? undefined : ratios(cell, unit, yardstick);
  return against === undefined || multiples === undefined
    ? text
    : `${text} (${rounded(multiples[against])}×)`;
}

export function figureText(cell: Cell, unit: Unit): string {
  if (cell === null || Number.isNaN(cell)) return '-';
  if (typeof cell === 'string') return cell;
  switch (unit) {
    case 'text':
    case 'count':
      return rounded(cell);
    case 'ms':
      return cell >= 10_000 ? `${rounded(cell / 1000)} s` : `${rounded(cell)} ms`;
    case 'µs':
      return `${rounded(cell)} µs`;
    case 'bytes':
      return bytes(cell);
    case 'per second':
      return `${rounded(cell)}/s`;
    case 'percent':
      return `${cell.toFixed(0)} %`;
    case 'times':
      return `${rounded(cell)}×`;
  }
}

function verdictText({ what, measured, sense, limit, unit, met }: Verdict): string {
  const figures = `${figureText(measured, unit)}, ${sense} ${figureText(limit, unit)}`;
  return `${met ? 'met    ' : 'NOT MET'}  ${what}: ${figures}`;
}

/** Three significant digits, whole numbers from a hundred on. */
function rounded(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** A time or rate in round trips, signature checks and writes, so that machines compare. */
export function ratios(
  cell: Cell,
  unit: Unit,
  yardstick: Yardstick,
): Omit<Yardstick, 'signature'> | undefined {
  const us = microseconds(cell, unit);
  if (us === undefined) return undefined;
  return {
    redisRoundTrip: us / yardstick.redisRoundTrip,
    signatureCheck: us / yardstick.signatureCheck,
    diskSync: us / yardstick.diskSync,
  };
}

/** What a figure comes to; undefined when it is no time and no rate. */
function microseconds(cell: Cell, unit: Unit): number | undefined {
  if (typeof cell !== 'number') return undefined;
  switch (unit) {
    case 'ms':
      return cell * 1000;
    case 'µs':
      return cell;
    case 'per second':
      // What one of them takes.
      return cell === 0 ? undefined : US_PER_SECOND / cell;
    default:
      return undefined;
  }
}
