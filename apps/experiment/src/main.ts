/** `npm run experiment`: a sweep over modes, sizes, faults and payloads. */

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Quit } from '@ccro/clock';
import {
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
import { readExperimentOptions, type ExperimentOptions } from './options.js';
import { Progress } from './progress.js';
import { rowsTable } from './rows-table.js';

const options = readExperimentOptions(process.argv.slice(2));

await runProgram(async (signal) => {
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
  const progress = new Progress(cells.length);
  try {
    await runCells({
      cells,
      done: [],
      measurer,
      signal,
      onCell: (cell) => progress.begins(cell),
      onRow: (row) => {
        rows.push(row);
        progress.isDone();
      },
    });
  } finally {
    progress.stop();
    await measurer.close();
  }
}

async function tell(
  { plan, seedTables, csv, json, svg }: ExperimentOptions,
  rows: readonly ExperimentRow[],
): Promise<void> {
  process.stdout.write(`${rowsTable(rows)}\n`);
  if (csv !== undefined) await write(csv, seedTables ? timesCsv(plan, rows) : cellsCsv(rows));
  if (json !== undefined) await write(json, `${JSON.stringify({ plan, rows }, null, 1)}\n`);
  if (svg !== undefined) {
    const names = Object.keys(CHARTS).filter(isChartName);
    await writeFiles(svg, Object.fromEntries(names.map((name) => [name, chartOf(name, rows)])));
    process.stdout.write(`Charts: ${names.map((name) => resolve(svg, name)).join(', ')}\n`);
  }
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(resolve(file)), { recursive: true });
  await writeFile(file, text);
  process.stdout.write(`Figures: ${resolve(file)}\n`);
}
