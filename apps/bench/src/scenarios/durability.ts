/** What it costs that records survive: the end of a process (async), a crash of the machine. */

import type { Durability } from '@ccro/cluster-config';
import { quantile } from '@ccro/figures';
import { closedLoop } from '../load/closed-loop.js';
import { MeasuredCluster } from '../processes/measured-cluster.js';
import { distributionChart } from '../result/distribution-chart.js';
import type { Column, Row, Verdict } from '../result/results.js';
import { atMost } from '../result/verdicts.js';
import {
  type Bench,
  measureCases,
  nameOfSetting,
  outcome,
  type Scenario,
  type Setting,
  settingsOf,
} from './scenario.js';

/** The first one is what the others are compared with. */
const KINDS: readonly Durability[] = ['memory', 'async', 'fsync'];
const LATENCY_REQUESTS = { full: 1_000, quick: 150 } as const;
const THROUGHPUT_REQUESTS = { full: 60_000, quick: 3_000 } as const;
const WARM_UP = { full: 10_000, quick: 1_000 } as const;
const IN_FLIGHT = 1_024;

const MAX_LATENCY_RATIO = 3;
const MAX_THROUGHPUT_RATIO = 1.5;

const COLUMNS: readonly Column[] = [
  { key: 'mode', title: 'mode', unit: 'text' },
  { key: 'n', title: 'n', unit: 'count', label: true },
  { key: 'durability', title: 'durability', unit: 'text' },
  { key: 'p50', title: 'p50, one at a time', unit: 'ms', against: 'diskSync' },
  { key: 'p95', title: 'p95', unit: 'ms' },
  { key: 'latencyRatio', title: 'p50 to memory', unit: 'times' },
  { key: 'inFlight', title: 'in flight', unit: 'count', label: true },
  { key: 'perSecond', title: 'requests', unit: 'per second' },
  { key: 'throughputRatio', title: 'memory to it', unit: 'times' },
];

interface Case extends Setting {
  readonly durability: Durability;
}

interface Figures extends Case {
  readonly timesMs: Float64Array;
  readonly p50: number;
  readonly p95: number;
  readonly inFlight: number;
  readonly perSecond: number;
}

export const durabilityScenario: Scenario = async (bench) => {
  const settings = settingsOf(bench.options);
  const cases = settings.flatMap((setting) =>
    KINDS.map((durability): Case => ({ ...setting, durability })),
  );
  const figures = await measureCases(bench, cases, nameOf, (each) => measure(each, bench));
  const rows = settings.flatMap((setting, index) =>
    rowsOf(setting, figures.slice(index * KINDS.length, (index + 1) * KINDS.length)),
  );
  return outcome({
    name: 'durability',
    title: 'Durability: what it costs that records are kept, separate processes over Redis',
    columns: COLUMNS,
    rows,
    notes: ['memory to it: how many times more requests a second memory takes'],
    verdicts: rows.flatMap(verdictsOf),
    charts: {
      'durability.svg': distributionChart(
        'One request at a time: so many per cent of the decisions took no longer',
        figures.map((each) => ({ name: nameOf(each), timesMs: each.timesMs })),
      ),
    },
  });
};

async function measure(each: Case, { options, size, directory, quit }: Bench): Promise<Figures> {
  const inFlight = Math.max(...(options.inFlight ?? [IN_FLIGHT]));
  return MeasuredCluster.use(each, directory, quit, async ({ client, stop }) => {
    await closedLoop(client, { requests: WARM_UP[size], inFlight }, stop);
    const single = { requests: options.requests ?? LATENCY_REQUESTS[size], inFlight: 1 };
    const { timesMs } = await closedLoop(client, single, stop);
    const many = { requests: options.requests ?? THROUGHPUT_REQUESTS[size], inFlight };
    const { perSecond } = await closedLoop(client, many, stop);
    const times = { timesMs, p50: quantile(timesMs, 0.5), p95: quantile(timesMs, 0.95) };
    return { ...each, ...times, inFlight, perSecond };
  });
}

function nameOf(each: Case): string {
  return `${nameOfSetting(each)}, ${each.durability}`;
}

function rowsOf({ mode, nodes }: Setting, figures: readonly Figures[]): Row[] {
  const [memory] = figures;
  if (memory === undefined) return [];
  return figures.map((each) => ({
    mode,
    n: nodes,
    durability: each.durability,
    p50: each.p50,
    p95: each.p95,
    inFlight: each.inFlight,
    perSecond: each.perSecond,
    latencyRatio: each.p50 / memory.p50,
    throughputRatio: memory.perSecond / each.perSecond,
  }));
}

function verdictsOf(row: Row): Verdict[] {
  if (row['durability'] !== 'fsync') return [];
  const where = `${row['mode']}, n = ${row['n']}`;
  const [latency, throughput] = [Number(row['latencyRatio']), Number(row['throughputRatio'])];
  const moreRequests = `requests a second of memory to those of fsync, ${where}`;
  return [
    atMost(`p50 of fsync to that of memory, ${where}`, latency, MAX_LATENCY_RATIO, 'times'),
    atMost(moreRequests, throughput, MAX_THROUGHPUT_RATIO, 'times'),
  ];
}
