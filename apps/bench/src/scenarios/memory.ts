/** Whether memory stays level over many requests. */

import { bytes, flatnessOf, lineChart } from '@ccro/figures';
import { closedLoop } from '../load/closed-loop.js';
import { bytesOf, levelVerdicts, sampleUntil, type Sample } from '../processes/memory-samples.js';
import { MeasuredCluster } from '../processes/measured-cluster.js';
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

const REQUESTS = { full: 1_000_000, quick: 6_000 } as const;
const SAMPLE_MS = { full: 1_000, quick: 100 } as const;
const IN_FLIGHT = 1_024;
/** A leak shows soon. */
const HEAP_MEGABYTES = 60;
const MAX_NODE_BYTES = 150_000_000;

const COLUMNS: readonly Column[] = [
  { key: 'mode', title: 'mode', unit: 'text' },
  { key: 'process', title: 'process', unit: 'text' },
  { key: 'requests', title: 'requests', unit: 'count' },
  { key: 'secondQuarter', title: 'second quarter', unit: 'bytes' },
  { key: 'lastQuarter', title: 'last quarter', unit: 'bytes' },
  { key: 'peak', title: 'peak', unit: 'bytes' },
  { key: 'samples', title: 'samples', unit: 'count' },
];

interface Curve extends Setting {
  readonly process: string;
  readonly isNode: boolean;
  readonly requests: number;
  readonly samples: readonly Sample[];
}

export const memoryScenario: Scenario = async (bench) => {
  const settings = settingsOf(bench.options);
  const figures = await measureCases(bench, settings, nameOfSetting, (each) =>
    measure(each, bench),
  );
  const curves = figures.flat();
  return outcome({
    name: 'memory',
    title: 'Memory: resident, over many requests through the client library',
    columns: COLUMNS,
    rows: curves.map(rowOf),
    notes: [
      `quarters of the run, medians, the first of which is warming up; a node may use ` +
        `${HEAP_MEGABYTES} MB of heap, and keeps its records on disk (fsync)`,
    ],
    verdicts: curves.filter(({ isNode }) => isNode).flatMap(verdictsOf),
    charts: {
      'memory.svg': lineChart(
        curves.map(({ mode: each, process, samples }) => ({
          name: `${each}, ${process}`,
          points: samples.map(({ atMs, bytes: y }) => ({ x: atMs, y })),
        })),
        {
          title: 'Resident memory',
          xLabel: (ms) => `${(ms / 1000).toFixed(0)} s`,
          yLabel: bytes,
        },
      ),
    },
  });
};

async function measure(setting: Setting, bench: Bench): Promise<Curve[]> {
  const { options, size, directory, quit } = bench;
  const inFlight = Math.max(...(options.inFlight ?? [IN_FLIGHT]));
  const requests = options.requests ?? REQUESTS[size];
  const plan = { ...setting, durability: 'fsync', heapMegabytes: HEAP_MEGABYTES } as const;
  return MeasuredCluster.use(plan, directory, quit, async (cluster) => {
    const { nodes, redis } = cluster.processes;
    const programs = [
      ...nodes.map((node) => ({ name: node.name, isNode: true, pid: node.pid })),
      { name: 'redis', isNode: false, pid: redis.pid },
    ];
    const over = new AbortController();
    const sampled = Promise.all(
      programs.map(({ pid }) => sampleUntil(pid, SAMPLE_MS[size], over.signal)),
    );
    try {
      await closedLoop(cluster.client, { requests, inFlight }, cluster.stop);
    } finally {
      over.abort();
    }
    const curves = await sampled;
    return programs.map(({ name, isNode }, index) => {
      return { ...setting, process: name, isNode, requests, samples: curves[index] ?? [] };
    });
  });
}

function rowOf({ mode, process, requests, samples }: Curve): Row {
  const values = bytesOf(samples);
  const flatness = flatnessOf(values);
  return {
    mode,
    process,
    requests,
    secondQuarter: flatness?.secondQuarter ?? null,
    lastQuarter: flatness?.lastQuarter ?? null,
    peak: Math.max(0, ...values),
    samples: values.length,
  };
}

function verdictsOf({ mode, process, samples }: Curve): Verdict[] {
  const values = bytesOf(samples);
  const what = `${mode}, ${process}`;
  const peak = atMost(`peak of ${what}`, Math.max(0, ...values), MAX_NODE_BYTES, 'bytes');
  return [peak, ...levelVerdicts(what, values)];
}
