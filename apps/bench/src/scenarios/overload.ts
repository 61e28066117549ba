/** Twice as much as the cluster can decide, for a minute: what is refused, and what becomes of the rest. */

import { median, quantile } from '@ccro/figures';
import { z } from 'zod';
import { undecidedOf } from '../load/decision-check.js';
import { httpLoad } from '../load/http-load.js';
import { openLoop, type CallAnswer, type OpenLoopPlan } from '../load/open-loop.js';
import { MeasuredCluster } from '../processes/measured-cluster.js';
import { bytesOf, levelVerdicts, sampleUntil } from '../processes/memory-samples.js';
import type { Column, Row } from '../result/results.js';
import { atLeast, atMost } from '../result/verdicts.js';
import {
  type Bench,
  type JudgedRow,
  measureCases,
  nameOfSetting,
  outcome,
  type Scenario,
  type Setting,
  settingsOf,
} from './scenario.js';

const OVERLOAD = 2;
const DURATION_MS = { full: 60_000, quick: 10_000 } as const;
/** Closed loop, before: for the capacity, and for warming up. */
const CAPACITY_CALLS = { full: 20_000, quick: 4_000 } as const;
const CONNECTIONS = 256;
/** These are answered before they are decided, and asked for later. */
const ASYNC_EVERY = 2;
/** Until the last of what was accepted is decided. */
const DECIDED_BOUND_MS = 30_000;
const SAMPLE_MS = { full: 500, quick: 100 } as const;
/** Of the gateway and of each node: a leak shows soon. */
const HEAP_MEGABYTES = 128;
/**
 * The gateway's `OVERLOAD_WAIT_MS` is 500; on the processors of the cluster, a call waits besides
 * for both of its ends to get one.
 */
const MAX_P99_MS = 2_000;

const COLUMNS: readonly Column[] = [
  { key: 'mode', title: 'mode', unit: 'text' },
  { key: 'n', title: 'n', unit: 'count', label: true },
  { key: 'capacity', title: 'capacity', unit: 'per second' },
  { key: 'offered', title: 'offered', unit: 'per second' },
  { key: 'decided', title: '200', unit: 'count' },
  { key: 'accepted', title: '202', unit: 'count' },
  { key: 'refused', title: '429', unit: 'count' },
  { key: 'others', title: 'others', unit: 'text' },
  { key: 'undecided', title: 'accepted, not decided', unit: 'count' },
  { key: 'p50', title: 'p50 of 200', unit: 'ms' },
  { key: 'p95', title: 'p95', unit: 'ms' },
  { key: 'p99', title: 'p99', unit: 'ms' },
  { key: 'p99Refused', title: 'p99 of 429', unit: 'ms' },
  { key: 'views', title: 'view changes', unit: 'count' },
  { key: 'gatewayMemory', title: 'gateway, first to last quarter', unit: 'text' },
  { key: 'nodeMemory', title: 'largest node', unit: 'text' },
];

export const overloadScenario: Scenario = async (bench) => {
  const settings = settingsOf(bench.options);
  const measured = await measureCases(bench, settings, nameOfSetting, (each) =>
    measure(each, bench),
  );
  return outcome({
    name: 'overload',
    title: `Overload: POST /requests at ${OVERLOAD} times the capacity`,
    columns: COLUMNS,
    rows: measured.map(({ row }) => row),
    notes: [
      `capacity: ${CONNECTIONS} calls at a time, each making room for the next; then calls at a ` +
        'fixed rate, whatever becomes of them, over connections that are there already, from the ' +
        'processors that the cluster runs on',
      'every other call is answered 202 at once, and asked for until it is decided',
      'the gateway bounds the wait to its OVERLOAD_WAIT_MS, 500 ms; besides, calls wait for ' +
        'load and cluster to get a processor',
    ],
    verdicts: measured.flatMap(({ verdicts }) => verdicts),
  });
};

async function measure(setting: Setting, bench: Bench): Promise<JudgedRow> {
  const { options, size, directory, quit } = bench;
  const plan = {
    ...setting,
    durability: 'memory',
    gateways: 1,
    heapMegabytes: HEAP_MEGABYTES,
  } as const;
  return MeasuredCluster.use(plan, directory, quit, async (cluster) => {
    const { gateways, nodes } = cluster.processes;
    const url = cluster.processes.gatewayUrls()[0] ?? '';
    const calls = Math.max(options.requests ?? CAPACITY_CALLS[size], CONNECTIONS);
    const closed = { url, calls, connections: CONNECTIONS, batch: 1 };
    await httpLoad(closed, cluster.stop);
    const capacity = (await httpLoad(closed, cluster.stop)).perSecond;
    const viewBefore = await cluster.highestView();
    const over = new AbortController();
    const sampled = Promise.all(
      [...gateways, ...nodes].map(({ pid }) => sampleUntil(pid, SAMPLE_MS[size], over.signal)),
    );
    const load = await overload(
      { url, callsPerSecond: OVERLOAD * capacity, durationMs: DURATION_MS[size] },
      cluster.stop,
    ).finally(() => over.abort());
    const [gateway = [], ...ofNodes] = (await sampled).map(bytesOf);
    const node = ofNodes.reduce((a, b) => ((a.at(-1) ?? 0) > (b.at(-1) ?? 0) ? a : b), []);
    const views = (await cluster.highestView()) - viewBefore;
    const offered = load.made / (DURATION_MS[size] / 1000);
    return judged(setting, { ...load, capacity, offered, views, gateway, node });
  });
}

interface LoadFigures {
  readonly made: number;
  readonly decidedMs: readonly number[];
  readonly refusedMs: readonly number[];
  readonly accepted: number;
  /** Calls by any other status. */
  readonly others: ReadonlyMap<number, number>;
  readonly undecided: number;
}

const namedSchema = z.looseObject({ id: z.string() });

async function overload(
  plan: Omit<OpenLoopPlan, 'asyncEvery'>,
  quit: AbortSignal,
): Promise<LoadFigures> {
  const ids: string[] = [];
  const decidedMs: number[] = [];
  const refusedMs: number[] = [];
  let accepted = 0;
  const others = new Map<number, number>();
  const onAnswer = ({ status, body, tookMs }: CallAnswer): void => {
    if (status === 200) decidedMs.push(tookMs);
    else if (status === 429) refusedMs.push(tookMs);
    else {
      if (status === 202) accepted += 1;
      else others.set(status, (others.get(status) ?? 0) + 1);
      // Whatever else it is answered with: what has an id is accepted, or may be.
      const named = status === 0 ? undefined : namedSchema.safeParse(JSON.parse(body)).data;
      if (named !== undefined) ids.push(named.id);
    }
  };
  const made = await openLoop({ ...plan, asyncEvery: ASYNC_EVERY }, onAnswer, quit);
  const undecided = await undecidedOf(plan.url, ids, DECIDED_BOUND_MS, quit);
  return { made, decidedMs, refusedMs, accepted, others, undecided: undecided.length };
}

interface CaseFigures extends LoadFigures {
  readonly capacity: number;
  readonly offered: number;
  readonly views: number;
  /** Memory over time, in bytes. */
  readonly gateway: readonly number[];
  /** Of the node that is the largest at the end. */
  readonly node: readonly number[];
}

function judged(setting: Setting, figures: CaseFigures): JudgedRow {
  const { capacity, offered, decidedMs, refusedMs, accepted, others, undecided, views } = figures;
  const p99 = quantile(decidedMs, 0.99);
  const unlike = [...others.values()].reduce((sum, count) => sum + count, 0);
  const what = nameOfSetting(setting);
  const row: Row = {
    mode: setting.mode,
    n: setting.nodes,
    capacity,
    offered,
    decided: decidedMs.length,
    accepted,
    refused: refusedMs.length,
    others: [...others].map(([status, count]) => `${count} × ${status}`).join(', ') || 'none',
    undecided,
    p50: quantile(decidedMs, 0.5),
    p95: quantile(decidedMs, 0.95),
    p99,
    p99Refused: quantile(refusedMs, 0.99),
    views,
    gatewayMemory: quartersOf(figures.gateway),
    nodeMemory: quartersOf(figures.node),
  };
  return {
    row,
    verdicts: [
      atLeast(`calls refused with 429, ${what}`, refusedMs.length, 1, 'count'),
      atMost(`calls answered otherwise than 200, 202 or 429, ${what}`, unlike, 0, 'count'),
      atMost(`requests accepted and not decided, ${what}`, undecided, 0, 'count'),
      atMost(`p99 of calls that were decided, ${what}`, p99, MAX_P99_MS, 'ms'),
      atMost(`view changes, ${what}`, views, 0, 'count'),
      ...levelVerdicts(`the gateway, ${what}`, figures.gateway),
      ...levelVerdicts(`the largest node, ${what}`, figures.node),
    ],
  };
}

/** Medians of the first and the last quarter. */
function quartersOf(bytes: readonly number[]): string {
  const quarter = Math.ceil(bytes.length / 4);
  const megabytes = (part: readonly number[]): string =>
    part.length === 0 ? '-' : (median(part) / 1e6).toFixed(0);
  return `${megabytes(bytes.slice(0, quarter))} to ${megabytes(bytes.slice(-quarter))} MB`;
}
