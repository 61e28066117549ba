/** What a soak is told as. */

import pc from 'picocolors';
import type { SoakOptions } from '../options/options.js';
import {
  bytes,
  type Flatness,
  flatnessOf,
  growthOf,
  lineChart,
  type Series,
  sparkline,
  type StoreGrowth,
} from '@ccro/figures';
import { terminalTable } from '../report/tables.js';
import type { SoakResult } from './run-soak.js';
import type { Sample } from './samples.js';

const CURVE_WIDTH = 40;

/** What one process or store took, sample by sample. */
interface Curve {
  readonly name: string;
  readonly values: readonly number[];
}

interface MemoryVerdict extends Curve {
  readonly flatness: Flatness | undefined;
}

interface StoreVerdict extends Curve {
  readonly growth: StoreGrowth | undefined;
}

export interface SoakVerdict {
  readonly memory: readonly MemoryVerdict[];
  readonly stores: readonly StoreVerdict[];
  /** Why it has not passed; empty when it has. */
  readonly findings: readonly string[];
}

export function judgeSoak({ samples, findings }: SoakResult): SoakVerdict {
  const memory = namesIn(samples, 'memory').map((name) => {
    const values = valuesOf(samples, (sample) => sample.memory.get(name));
    return { name, values, flatness: flatnessOf(values) };
  });
  const stores = namesIn(samples, 'stores').map((name) => {
    const sizes = samples.map(({ decided, stores: each }) => ({
      bytes: each.get(name) ?? 0,
      decided,
    }));
    return { name, values: sizes.map((size) => size.bytes), growth: growthOf(sizes) };
  });
  return {
    memory,
    stores,
    findings: [...findings, ...memory.flatMap(memoryFinding), ...stores.flatMap(storeFinding)],
  };
}

export function soakReport(options: SoakOptions, result: SoakResult): string {
  const verdict = judgeSoak(result);
  const { samples, decided, durationMs, setbacks } = result;
  const redisUsed = valuesOf(samples, (sample) => sample.redisUsed);
  return [
    pc.bold('Resident memory'),
    memoryTable(verdict),
    `redis used_memory: ${sparkline(redisUsed, CURVE_WIDTH)} ${bytes(redisUsed.at(-1) ?? 0)}`,
    '',
    pc.bold('Stores on disk'),
    storeTable(verdict),
    '',
    `${decided} requests decided in ${(durationMs / 1000).toFixed(1)} s: ` +
      `${((decided / durationMs) * 1000).toFixed(0)} requests/s, ${setbacks} setbacks ` +
      `(${options.nodes} nodes, ${options.mode}, ${options.durability}, through the ` +
      `${options.through}).`,
    '',
    ...verdict.findings.map((finding) => `- ${finding}`),
    verdict.findings.length === 0
      ? pc.green('FLAT: memory of every process stays level, stores grow with the ledger alone.')
      : pc.red('NOT FLAT'),
  ].join('\n');
}

/** The charts as files: SVG by name. */
export function soakCharts({ samples }: SoakResult): Readonly<Record<string, string>> {
  const axes = {
    xLabel: (ms: number): string => `${(ms / 1000).toFixed(0)} s`,
    yLabel: bytes,
  };
  const series = (name: string, value: (sample: Sample) => number | undefined): Series => ({
    name,
    points: samples.flatMap((sample) => {
      const y = value(sample);
      return y === undefined ? [] : [{ x: sample.atMs, y }];
    }),
  });
  const seriesOf = (of: 'memory' | 'stores'): Series[] =>
    namesIn(samples, of).map((name) => series(name, (sample) => sample[of].get(name)));
  const memory = [...seriesOf('memory'), series('redis used_memory', (sample) => sample.redisUsed)];
  return {
    'memory.svg': lineChart(memory, { title: 'Resident memory', ...axes }),
    'stores.svg': lineChart(seriesOf('stores'), { title: 'Stores on disk', ...axes }),
  };
}

function memoryFinding({ name, flatness }: MemoryVerdict): string[] {
  if (flatness === undefined) {
    return [`${name}: too few samples to tell; give more --requests or a shorter --sample-every`];
  }
  const { isFlat, secondQuarter, lastQuarter } = flatness;
  if (isFlat) return [];
  return [`${name}: grew from ${bytes(secondQuarter)} to ${bytes(lastQuarter)}`];
}

function storeFinding({ name, growth }: StoreVerdict): string[] {
  if (growth?.isBounded !== false) return [];
  const { firstHalf, secondHalf } = growth;
  return [
    `${name}: a request took ${bytes(firstHalf)} on disk in the first half of the run and ` +
      `${bytes(secondHalf)} in the second; look at what its store does not discard`,
  ];
}

function memoryTable({ memory }: SoakVerdict): string {
  return terminalTable({
    head: ['process', 'second quarter', 'last quarter', 'peak', 'flat', 'curve'],
    rows: memory.map(({ name, values, flatness }) => [
      name,
      bytes(flatness?.secondQuarter ?? 0),
      bytes(flatness?.lastQuarter ?? 0),
      bytes(Math.max(...values, 0)),
      flatness === undefined ? '?' : flatness.isFlat ? 'yes' : 'NO',
      sparkline(values, CURVE_WIDTH),
    ]),
  });
}

function storeTable({ stores }: SoakVerdict): string {
  return terminalTable({
    head: ['store', 'size', 'per request', 'first half', 'second half', 'curve'],
    rows: stores.map(({ name, values, growth }) => [
      name,
      bytes(values.at(-1) ?? 0),
      bytes(growth?.perRequest ?? 0),
      bytes(growth?.firstHalf ?? 0),
      bytes(growth?.secondHalf ?? 0),
      sparkline(values, CURVE_WIDTH),
    ]),
  });
}

function namesIn(samples: readonly Sample[], of: 'memory' | 'stores'): string[] {
  return [...new Set(samples.flatMap((sample) => [...sample[of].keys()]))];
}

function valuesOf(
  samples: readonly Sample[],
  value: (sample: Sample) => number | undefined,
): number[] {
  return samples.map(value).filter((each) => each !== undefined);
}
