/** `npm run experiment`: a sweep over modes, sizes, faults and payloads. */

import { basename, dirname, resolve } from 'node:path';
import { Quit } from '@ccro/clock';
import {
  cellName,
  cellsCsv,
  cellsOf,
  CHARTS,
  chartOf,
  isChartName,
  isMeasured,
  MeasuringProcess,
  runCells,
  timesCsv,
  type ExperimentRow,
} from '@ccro/experiment';
import { runProgram, writeFiles } from '@ccro/process-cluster';
import { requireWritable, writeAll } from '@ccro/program';
import { bytes } from '@ccro/figures';
import { SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import { readExperimentOptions, type ExperimentOptions } from './options.js';

const HEAD = ['Mode', 'Nodes', 'Byzantine', 'Fault', 'Payload', 'Time', 'Messages', 'Bytes', 'CPU'];

const options = readExperimentOptions(process.argv.slice(2));

await runProgram(async (signal) => {
  requireWritable([
    { option: 'csv', path: options.csv, kind: 'file' },
    { option: 'json', path: options.json, kind: 'file' },
    { option: 'svg', path: options.svg, kind: 'directory' },
  ]);
  const rows: ExperimentRow[] = [];
  try {
    await measure(rows, signal);
  } catch (error) {
    // What was measured until then is not lost.
    if (rows.length > 0 || error instanceof Quit) await tell(options, rows);
    throw error;
  }
  await tell(options, rows);
  return rows.every(isMeasured) ? 0 : 1;
});

async function measure(rows: ExperimentRow[], signal: AbortSignal): Promise<void> {
  const cells = cellsOf(options.plan);
  const measurer = new MeasuringProcess();
  // On a terminal.
  const bar = new SingleBar({
    format: '{bar} {value}/{total} | {cell} | {duration_formatted}',
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    linewrap: false,
    barsize: 20,
  });
  bar.start(cells.length, 0, { cell: '' });
  try {
    await runCells({
      cells,
      done: [],
      measurer,
      signal,
      onCell: (cell) => bar.update({ cell: cellName(cell) }),
      onRow: (row) => {
        rows.push(row);
        bar.increment();
      },
    });
  } finally {
    bar.stop();
    await measurer.close();
  }
}

async function tell(
  { plan, seedTables, csv, json, svg }: ExperimentOptions,
  rows: readonly ExperimentRow[],
): Promise<void> {
  process.stdout.write(`${rowsTable(rows)}\n`);
  await writeAll([
    () => write(csv, seedTables ? timesCsv(plan, rows) : cellsCsv(rows)),
    () => write(json, `${JSON.stringify({ plan, rows }, null, 1)}\n`),
    () => writeCharts(svg, rows),
  ]);
}

async function writeCharts(
  directory: string | undefined,
  rows: readonly ExperimentRow[],
): Promise<void> {
  if (directory === undefined) return;
  const names = Object.keys(CHARTS).filter(isChartName);
  await writeFiles(directory, Object.fromEntries(names.map((name) => [name, chartOf(name, rows)])));
  process.stdout.write(`Charts: ${names.map((name) => resolve(directory, name)).join(', ')}\n`);
}

async function write(file: string | undefined, text: string): Promise<void> {
  if (file === undefined) return;
  const path = resolve(file);
  await writeFiles(dirname(path), { [basename(path)]: text });
  process.stdout.write(`Figures: ${path}\n`);
}

/** The rows as a table for a terminal. */
function rowsTable(rows: readonly ExperimentRow[]): string {
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
