/** Rows as CSV: a line a cell, or the seed's tables. */

import { csv, type CsvField } from '@ccro/figures';
import type { CellFault, ExperimentPlan } from './plan.js';
import { isMeasured, type CellFigures, type ExperimentRow } from './row.js';
import { seedFigure, SEED_FAULTS } from './seed-figures.js';

const CELL_COLUMNS: readonly (readonly [name: string, of: (row: ExperimentRow) => CsvField])[] = [
  ['mode', ({ mode }) => mode],
  ['nodes', ({ nodes }) => nodes],
  ['byzantine', ({ byzantine }) => byzantine],
  ['fault', ({ fault }) => fault],
  ['payload_bytes', ({ payloadBytes }) => payloadBytes],
  ['rounds', ({ rounds }) => rounds],
  ['outcome', ({ outcome }) => outcome],
  ['time_ms', figure(({ timeMs }) => milliseconds(timeMs))],
  ['fastest_ms', figure(({ fastestMs }) => milliseconds(fastestMs))],
  ['slowest_ms', figure(({ slowestMs }) => milliseconds(slowestMs))],
  ['messages', figure(({ messages }) => rounded(messages))],
  ['bytes', figure(({ bytes }) => rounded(bytes))],
  ['signatures_made', figure(({ signaturesMade }) => rounded(signaturesMade))],
  ['signatures_checked', figure(({ signaturesChecked }) => rounded(signaturesChecked))],
  ['cpu_ms', figure(({ cpuMs }) => milliseconds(cpuMs))],
  ['one_round', figure(({ oneRound }) => oneRound.toFixed(2))],
  ['scheme', figure(({ scheme }) => scheme)],
  ['reason', (row) => (isMeasured(row) ? undefined : row.reason)],
];

/** A line for each cell that is done, with all its figures. */
export function cellsCsv(rows: readonly ExperimentRow[]): string {
  return csv([
    CELL_COLUMNS.map(([name]) => name),
    ...rows.map((row) => CELL_COLUMNS.map(([, of]) => of(row))),
  ]);
}

/**
 * The seed's tables side by side: a line for each number of faulty nodes, and the time of a decision
 * in seconds for each fault and mode, beside the seed's own figures where there are some. What has
 * not been measured is left empty.
 */
export function timesCsv(plan: ExperimentPlan, rows: readonly ExperimentRow[]): string {
  const found = new Map(rows.filter(isMeasured).map((row) => [keyOf(row), row]));
  const columns = plan.fault.flatMap((fault) => plan.mode.map((mode) => ({ fault, mode })));
  const seeds = SEED_FAULTS.filter((fault) => plan.fault.includes(fault));
  const severalPayloads = plan.payloadBytes.length > 1;
  return csv([
    [
      'byzantine_nodes',
      'total_nodes',
      ...(severalPayloads ? ['payload_bytes'] : []),
      ...columns.map(({ fault, mode }) => `${mode}_${tableName(fault)}_s`),
      ...seeds.map((fault) => `seed_${tableName(fault)}`),
    ],
    ...plan.sizes.flatMap(({ nodes, byzantine }) =>
      plan.payloadBytes.map((payloadBytes) => [
        byzantine,
        nodes,
        ...(severalPayloads ? [payloadBytes] : []),
        ...columns.map(({ fault, mode }) => {
          const row = found.get(keyOf({ mode, nodes, fault, payloadBytes }));
          return row === undefined ? undefined : (row.figures.timeMs / 1000).toFixed(6);
        }),
        ...seeds.map((fault) => seedFigure(nodes, fault)),
      ]),
    ),
  ]);
}

/** The seed calls nodes that falsify malicious. */
function tableName(fault: CellFault): string {
  if (fault === 'falsify') return 'malicious';
  return fault === 'none' ? 'no_fault' : fault.replaceAll('-', '_');
}

type CellKey = Pick<ExperimentRow, 'mode' | 'nodes' | 'fault' | 'payloadBytes'>;

function keyOf({ mode, nodes, fault, payloadBytes }: CellKey): string {
  return [mode, nodes, fault, payloadBytes].join(' ');
}

function figure(of: (figures: CellFigures) => CsvField): (row: ExperimentRow) => CsvField {
  return (row) => (isMeasured(row) ? of(row.figures) : undefined);
}

function milliseconds(value: number): string {
  return value.toFixed(3);
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
