/** Many requests at a time: through the client library, then through the gateway. */

import { lineChart, quantile } from '@ccro/figures';
import { closedLoop } from '../load/closed-loop.js';
import { httpLoad } from '../load/http-load.js';
import { MeasuredCluster, usedSince, type Usage } from '../processes/measured-cluster.js';
import type { Column, Row, Verdict } from '../result/results.js';
import { atLeast } from '../result/verdicts.js';
import {
  type Bench,
  measureCases,
  nameOfSetting,
  outcome,
  type Scenario,
  type Setting,
  settingsOf,
} from './scenario.js';

const IN_FLIGHT = { full: [1, 16, 128, 512, 1024, 2048], quick: [128, 2048] } as const;
const REQUESTS = { full: 100_000, quick: 5_000 } as const;
const WARM_UP = { full: 20_000, quick: 2_000 } as const;
/** Warming up takes a part of the calls besides. */
const HTTP_WARM_UP = 0.2;
/** Calls under way at a time, and requests in each. */
const SINGLE = {
  through: 'POST /requests',
  connections: 128,
  batch: 1,
  calls: { full: 40_000, quick: 1_500 },
} as const;
const BATCH = {
  through: 'POST /requests/batch',
  connections: 12,
  batch: 100,
  calls: { full: 1_500, quick: 48 },
} as const;

const TARGETS = { client: 40_000, single: 5_000, batch: 15_000 } as const;

const COLUMNS: readonly Column[] = [
  { key: 'mode', title: 'mode', unit: 'text' },
  { key: 'n', title: 'n', unit: 'count', label: true },
  { key: 'through', title: 'through', unit: 'text' },
  { key: 'inFlight', title: 'in flight', unit: 'count', label: true },
  { key: 'perSecond', title: 'requests', unit: 'per second', against: 'signatureCheck' },
  { key: 'perSlot', title: 'requests a slot', unit: 'count' },
  { key: 'p50', title: 'p50', unit: 'ms' },
  { key: 'p95', title: 'p95', unit: 'ms' },
  { key: 'nodeCpu', title: 'CPU a node, 1000 requests', unit: 'ms' },
  { key: 'redisCpu', title: 'CPU of Redis', unit: 'ms' },
  { key: 'loadCpu', title: 'CPU of client or gateway', unit: 'ms' },
  { key: 'failed', title: 'failed', unit: 'count' },
];

export const throughputScenario: Scenario = async (bench) => {
  const settings = settingsOf(bench.options);
  const rows = await measureCases(bench, settings, nameOfSetting, (each) => measure(each, bench));
  const all = rows.flat();
  return outcome({
    name: 'throughput',
    title: 'Throughput: many requests of 200 bytes at a time, separate processes over Redis',
    columns: COLUMNS,
    rows: all,
    notes: [
      'the load runs on the same processors as the cluster; its CPU is the last but one column, ' +
        'for 1000 requests: this process when it is the client, else the gateway',
      `in flight: requests; the gateway gets ${SINGLE.connections} calls at a time with one, and ` +
        `${BATCH.connections} with ${BATCH.batch} each; its times are of calls, p95 is the 97.5th`,
    ],
    verdicts: verdictsOf(all),
    charts: {
      'throughput.svg': lineChart(
        settings.map(({ mode: each, nodes: n }) => ({
          name: `${each}, n = ${n}`,
          points: all
            .filter((row) => row['mode'] === each && row['n'] === n && row['through'] === 'client')
            .map((row) => ({ x: Number(row['inFlight']), y: Number(row['perSecond']) })),
        })),
        {
          title: 'Requests decided in a second, through the client library',
          xLabel: (x) => `${x.toFixed(0)} in flight`,
          yLabel: (y) => y.toFixed(0),
        },
      ),
    },
  });
};

async function measure(
  setting: Setting,
  { options, size, directory, quit }: Bench,
): Promise<Row[]> {
  const levels = options.inFlight ?? IN_FLIGHT[size];
  const requests = options.requests ?? REQUESTS[size];
  const httpCalls = ({ batch, calls, connections }: typeof SINGLE | typeof BATCH): number =>
    options.requests === undefined
      ? calls[size]
      : Math.max(connections, Math.ceil(options.requests / batch));
  const plan = { ...setting, durability: 'memory', gateways: 1 } as const;
  return MeasuredCluster.use(plan, directory, quit, async (cluster) => {
    const rows: Row[] = [];
    const warmUp = { requests: WARM_UP[size], inFlight: Math.max(...levels) };
    await closedLoop(cluster.client, warmUp, cluster.stop);
    for (const inFlight of levels)
      rows.push(await withClient(cluster, setting, inFlight, requests));
    for (const kind of [SINGLE, BATCH])
      rows.push(await overHttp(cluster, setting, kind, httpCalls(kind)));
    return rows;
  });
}

async function withClient(
  cluster: MeasuredCluster,
  { mode, nodes }: Setting,
  inFlight: number,
  most: number,
): Promise<Row> {
  // Few in flight take long: as many as tell something.
  const requests = Math.min(most, inFlight * 500);
  const before = await cluster.usage();
  const loop = await closedLoop(cluster.client, { requests, inFlight }, cluster.stop);
  const used = usedSince(before, await cluster.usage());
  const times = [...loop.timesMs];
  return {
    mode,
    n: nodes,
    through: 'client',
    inFlight,
    perSecond: loop.perSecond,
    p50: quantile(times, 0.5),
    p95: quantile(times, 0.95),
    ...usageColumns(used, used.ownCpuMs, nodes, requests),
    failed: 0,
  };
}

async function overHttp(
  cluster: MeasuredCluster,
  { mode, nodes }: Setting,
  { through, connections, batch }: typeof SINGLE | typeof BATCH,
  calls: number,
): Promise<Row> {
  const url = cluster.processes.gatewayUrls()[0] ?? '';
  const plan = { url, connections, batch, calls };
  const warmUp = Math.max(connections, Math.ceil(calls * HTTP_WARM_UP));
  await httpLoad({ ...plan, calls: warmUp }, cluster.stop);
  const before = await cluster.usage();
  const figures = await httpLoad(plan, cluster.stop);
  const used = usedSince(before, await cluster.usage());
  return {
    mode,
    n: nodes,
    through,
    inFlight: connections * batch,
    perSecond: figures.perSecond,
    p50: figures.p50,
    p95: figures.p97,
    ...usageColumns(used, used.gatewaysCpuMs, nodes, figures.requests),
    failed: figures.failed,
  };
}

/** Times are for a thousand requests. */
function usageColumns(used: Usage, loadCpuMs: number, nodes: number, requests: number): Row {
  const thousands = Math.max(requests, 1) / 1000;
  return {
    perSlot: requests / Math.max(used.fast + used.slow, 1),
    nodeCpu: used.nodesCpuMs / nodes / thousands,
    redisCpu: used.redisCpuMs / thousands,
    loadCpu: loadCpuMs / thousands,
  };
}

function verdictsOf(rows: readonly Row[]): Verdict[] {
  const best = (through: string): number =>
    Math.max(
      0,
      ...rows
        .filter((row) => row['through'] === through && row['n'] === 4 && row['mode'] === 'ccro')
        .map((row) => Number(row['perSecond'])),
    );
  if (!rows.some((row) => row['n'] === 4 && row['mode'] === 'ccro')) return [];
  return [
    atLeast('requests through the client library', best('client'), TARGETS.client, 'per second'),
    atLeast(`single ${SINGLE.through}`, best(SINGLE.through), TARGETS.single, 'per second'),
    atLeast(BATCH.through, best(BATCH.through), TARGETS.batch, 'per second'),
  ];
}
