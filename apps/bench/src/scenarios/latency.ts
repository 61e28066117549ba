/** One request at a time in a cluster of separate processes over Redis. */

import { clusterSize } from '@ccro/consensus';
import type { FaultKind } from '@ccro/faults';
import { quantile } from '@ccro/figures';
import { cpus } from 'node:os';
import { faultyNodes, measureDecisions, type DecisionFigures } from '@ccro/measurement';
import { closedLoop, type LoopFigures } from '../load/closed-loop.js';
import { MODES } from '../options/bench-options.js';
import { MeasuredCluster, usedSince, type Usage } from '../processes/measured-cluster.js';
import { distributionChart } from '../result/distribution-chart.js';
import type { Column, Row, Verdict, Yardstick } from '../result/results.js';
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

interface Case extends Setting {
  readonly fault: FaultKind | 'none';
}

interface Measured extends Case {
  readonly loop: LoopFigures;
  readonly used: Usage;
  readonly counted: DecisionFigures;
}

const FAULTS = ['none', 'offline', 'falsify'] as const;
const REQUESTS = { full: 2_000, quick: 200 } as const;
const WARM_UP = { full: 1_000, quick: 100 } as const;
/** For the number of signatures, which is the same each time. */
const COUNTING = { atLeast: 10, atMost: 10, budgetMs: 0, warmUpMs: 50 } as const;

/** Messages one after another, from the client's request to the replies. */
const HOPS = { oneRound: 5, twoRounds: 7, pbft: 5 } as const;

/** Issue: p50 with four nodes. */
const TARGET_MS = 3.2;
/** A quarter of what the ancestor took, as published, four nodes. */
const ANCESTOR_QUARTER_MS = { offline: 13 / 4, falsify: 32 / 4 } as const;

const COLUMNS: readonly Column[] = [
  { key: 'mode', title: 'mode', unit: 'text' },
  { key: 'n', title: 'n', unit: 'count', label: true },
  { key: 'fault', title: 'f nodes', unit: 'text' },
  { key: 'p50', title: 'p50', unit: 'ms', against: 'redisRoundTrip' },
  { key: 'p95', title: 'p95', unit: 'ms' },
  { key: 'floor', title: 'floor', unit: 'ms' },
  { key: 'overFloor', title: 'p50 / floor', unit: 'times' },
  { key: 'oneRound', title: 'in one round', unit: 'percent' },
  { key: 'nodeCpu', title: 'CPU a node', unit: 'ms' },
  { key: 'deliveries', title: 'deliveries', unit: 'count' },
  { key: 'bytes', title: 'bytes', unit: 'bytes' },
  { key: 'signatures', title: 'signed', unit: 'count' },
  { key: 'checks', title: 'checked', unit: 'count' },
];

export const latencyScenario: Scenario = async (bench) => {
  const cases = settingsOf(bench.options, [4], MODES)
    .flatMap((setting) => FAULTS.map((fault): Case => ({ ...setting, fault })))
    .filter(({ fault, nodes }) => fault === 'none' || clusterSize(nodes).f > 0);
  const measured = await measureCases(bench, cases, nameOf, (each) => measure(each, bench));
  const rows = measured.map((each) => rowOf(each, bench.yardstick));
  return outcome({
    name: 'latency',
    title: 'Latency: one request at a time, separate processes over Redis, client library',
    columns: COLUMNS,
    rows,
    notes: [
      'floor: the hops between processes (5 in one round of votes and in PBFT, 7 in two), half a ' +
        'Redis round trip each, and the signatures of a decision spread over the processors',
      'per decision: CPU of one node on average; deliveries and bytes as the broker counted ' +
        'them, status messages of idle nodes included; signatures as counted in one process',
    ],
    verdicts: verdictsOf(cases, rows),
    charts: {
      'latency.svg': distributionChart(
        'Latency: so many per cent of the decisions took no longer',
        measured.map((each) => ({ name: nameOf(each), timesMs: each.loop.timesMs })),
      ),
    },
  });
};

async function measure(each: Case, { options, size, directory, quit }: Bench): Promise<Measured> {
  const { nodes, mode, fault } = each;
  const faults = faultyNodes(nodes, clusterSize(nodes).f, fault);
  const counted = await measureDecisions({ nodes, mode, faults }, COUNTING, quit);
  const plan = { nodes, mode, durability: 'memory', faults } as const;
  return MeasuredCluster.use(plan, directory, quit, async (cluster) => {
    const { client, stop } = cluster;
    await closedLoop(client, { requests: WARM_UP[size], inFlight: 1 }, stop);
    const before = await cluster.usage();
    const requests = options.requests ?? REQUESTS[size];
    const loop = await closedLoop(client, { requests, inFlight: 1 }, stop);
    return { ...each, loop, used: usedSince(before, await cluster.usage()), counted };
  });
}

function rowOf(measured: Measured, yardstick: Yardstick): Row {
  const { mode, nodes, fault, loop, used, counted } = measured;
  const decisions = loop.timesMs.length;
  const p50 = quantile(loop.timesMs, 0.5);
  const oneRound = used.fast / Math.max(used.fast + used.slow, 1);
  const hops = mode === 'pbft' ? HOPS.pbft : oneRound > 0.5 ? HOPS.oneRound : HOPS.twoRounds;
  const floor = floorMs(hops, counted, nodes, yardstick);
  return {
    mode,
    n: nodes,
    fault,
    p50,
    p95: quantile(loop.timesMs, 0.95),
    floor,
    overFloor: p50 / floor,
    oneRound: mode === 'pbft' ? null : oneRound * 100,
    nodeCpu: used.nodesCpuMs / nodes / decisions,
    deliveries: used.deliveries / decisions,
    bytes: used.bytes / decisions,
    signatures: counted.signaturesMade,
    checks: counted.signaturesChecked,
  };
}

/** What no implementation over this Redis with these signatures goes below, in milliseconds. */
function floorMs(
  hops: number,
  { signaturesMade, signaturesChecked }: DecisionFigures,
  nodes: number,
  { redisRoundTrip, signature, signatureCheck }: Yardstick,
): number {
  const signing = signaturesMade * signature + signaturesChecked * signatureCheck;
  return ((hops * redisRoundTrip) / 2 + signing / Math.min(cpus().length, nodes)) / 1000;
}

function verdictsOf(cases: readonly Case[], rows: readonly Row[]): Verdict[] {
  return cases.flatMap((each, index) => {
    const { mode, nodes, fault } = each;
    const p50 = rows[index]?.['p50'];
    if (mode !== 'ccro' || nodes !== 4 || typeof p50 !== 'number') return [];
    const what = `p50 of ${nameOf(each)}`;
    const target = atMost(what, p50, TARGET_MS, 'ms');
    if (fault !== 'offline' && fault !== 'falsify') return [target];
    const quarter = ANCESTOR_QUARTER_MS[fault];
    return [target, atMost(`${what}, a quarter of the ancestor's`, p50, quarter, 'ms')];
  });
}

function nameOf(each: Case): string {
  return `${nameOfSetting(each)}, ${each.fault === 'none' ? 'no fault' : each.fault}`;
}
