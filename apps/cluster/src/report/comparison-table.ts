import Table from 'cli-table3';
import type { NodeTally } from './consensus-report.js';

/** What became of one case of the comparison. */
export type CaseResult = 'right' | 'wrong' | 'pending';

/** One row of the comparison. */
export interface ComparisonRow {
  readonly mode: 'pbft' | 'ccro';
  readonly scenario: string;
  readonly result: CaseResult;
  /** Undefined when nothing was decided. */
  readonly consensusTimeMs: number | undefined;
  /** Node numbers: the first primary's, and the present one's if that is another. */
  readonly primary: string;
  readonly deliveries: number;
  readonly deliveredBytes: number;
  readonly nodes: readonly NodeTally[];
  /** Who was caught and who is suspected, in words. */
  readonly accused: readonly string[];
}

/** The seed's comparison as one table. */
export function comparisonTable(rows: readonly ComparisonRow[]): string {
  const table = new Table({
    head: [
      'System',
      'Case',
      'Commander',
      'Consensus time',
      'Delivered',
      'Bytes',
      'Result',
      'Correct / corrupt per node',
      'Caught or suspected',
    ],
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [null, null, null, null, null, null, null, null, 34],
  });
  for (const row of rows) {
    table.push([
      row.mode.toUpperCase(),
      row.scenario,
      row.primary,
      row.consensusTimeMs === undefined ? '-' : `${(row.consensusTimeMs / 1000).toFixed(6)}s`,
      String(row.deliveries),
      String(row.deliveredBytes),
      RESULT_TEXTS[row.result],
      row.nodes.map(tallyText).join('\n'),
      row.accused.join('\n'),
    ]);
  }
  return table.toString();
}

const RESULT_TEXTS: Readonly<Record<CaseResult, string>> = {
  right: 'right',
  wrong: 'WRONG',
  pending: 'pending, nothing wrong',
};

function tallyText({ id, correct, corrupt }: NodeTally): string {
  return correct === null ? `${id}: no reply` : `${id}: ${correct} / ${corrupt ?? 0}`;
}
