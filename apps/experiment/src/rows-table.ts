import { isMeasured, type ExperimentRow } from '@ccro/experiment';
import { bytes } from '@ccro/figures';
import Table from 'cli-table3';

const HEAD = ['Mode', 'Nodes', 'Byzantine', 'Fault', 'Payload', 'Time', 'Messages', 'Bytes', 'CPU'];

/** The rows as a table for a terminal. */
export function rowsTable(rows: readonly ExperimentRow[]): string {
  const table = new Table({ head: HEAD, style: { head: [], border: [], compact: true } });
  for (const row of rows) {
    const { mode, nodes, byzantine, fault, payloadBytes } = row;
    const cell = [mode, nodes, byzantine, fault, `${payloadBytes} B`];
    if (isMeasured(row)) {
      const { timeMs, messages, bytes: sent, cpuMs } = row.figures;
      table.push([
        ...cell,
        `${(timeMs / 1000).toFixed(6)}s`,
        messages.toFixed(0),
        bytes(sent),
        `${cpuMs.toFixed(1)} ms`,
      ]);
    } else {
      table.push([...cell, { content: `failed: ${row.reason}`, colSpan: 4 }]);
    }
  }
  return table.toString();
}
