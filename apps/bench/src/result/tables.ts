/** A run as tables on a terminal. */

import Table from 'cli-table3';
import pc from 'picocolors';
import { cellText, columnTitle, verdictText } from './format.js';
import type { Results, ScenarioResult, Yardstick } from './results.js';

export function scenarioText(result: ScenarioResult, yardstick: Yardstick): string {
  const { title, columns, rows, notes, verdicts } = result;
  const table = new Table({
    head: columns.map(columnTitle),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) {
    table.push(columns.map((column) => cellText(row[column.key] ?? null, column, yardstick)));
  }
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
