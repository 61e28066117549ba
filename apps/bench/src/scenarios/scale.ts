/** What a decision costs as the cluster grows, all nodes in this process. */

import type { ClusterMode } from '@ccro/cluster-config';
import { bytes, lineChart } from '@ccro/figures';
import {
  compileAll,
  measureDecisions,
  NO_FAULTS,
  type DecisionBudget,
  type DecisionFigures,
} from '@ccro/measurement';
import { MODES } from '../options/bench-options.js';
import type { Column, Row, Verdict } from '../result/results.js';
import { atLeast, atMost } from '../result/verdicts.js';
import { polynomialFit, type Fit, type Point } from './fit.js';
import {
  type Bench,
  measureCases,
  nameOfSetting,
  outcome,
  type Scenario,
  type Setting,
  settingsOf,
} from './scenario.js';

type Measured = Setting & DecisionFigures;

const SIZES = { quick: [4, 7, 16, 31, 61, 91], full: [4, 7, 16, 31, 61, 91, 121, 181, 301] };
/** Beyond, PBFT takes minutes for nothing. */
const MAX_PBFT_NODES = 91;

const DECISION_BUDGET = {
  full: { atLeast: 5, atMost: 200, budgetMs: 8_000, warmUpMs: 3_000 },
  quick: { atLeast: 2, atMost: 50, budgetMs: 500, warmUpMs: 200 },
} as const;

/** Largest times for one decision in CCRO mode, without faults. */
const TIME_TARGETS_MS: ReadonlyMap<number, number> = new Map([
  [31, 80],
  [91, 400],
  [301, 3_000],
]);
const MAX_DELIVERIES_A_NODE = 6;
const MIN_LINEAR_R2 = 0.99;
/** Between clusters that sign votes with BLS: CPU a node, in the largest to the smallest of them. */
const MAX_BLS_GROWTH = 1.5;
/** CCRO is to beat PBFT from these sizes on. */
const FASTER_FROM = 16;
const CHEAPER_FROM = 7;

/** What is drawn against n, and how it grows. */
interface Curve {
  readonly name: string;
  readonly title: string;
  readonly of: (figures: Measured) => number;
  readonly text: (value: number) => string;
  /** Whether its growth is said in figures, too. */
  readonly fitted: boolean;
}

const CURVES: readonly Curve[] = [
  {
    name: 'time',
    title: 'Time of one decision',
    of: ({ timeMs }) => timeMs,
    text: (ms) => `${ms.toFixed(0)} ms`,
    fitted: false,
  },
  {
    name: 'deliveries',
    title: 'Deliveries for one decision',
    of: ({ deliveries }) => deliveries,
    text: (value) => value.toFixed(0),
    fitted: true,
  },
  {
    name: 'bytes',
    title: 'Bytes for one decision',
    of: (figures) => figures.bytes,
    text: bytes,
    fitted: true,
  },
  {
    name: 'cpu',
    title: 'CPU for one decision, all nodes',
    of: ({ cpuMs }) => cpuMs,
    text: (ms) => `${ms.toFixed(0)} ms`,
    fitted: true,
  },
  {
    name: 'cpu-a-node',
    title: 'CPU for one decision, each node',
    of: ({ cpuMs, nodes }) => cpuMs / nodes,
    text: (ms) => `${ms.toFixed(1)} ms`,
    fitted: false,
  },
];

const COLUMNS: readonly Column[] = [
  { key: 'mode', title: 'mode', unit: 'text' },
  { key: 'n', title: 'n', unit: 'count', label: true },
  { key: 'scheme', title: 'certificates', unit: 'text' },
  { key: 'decisions', title: 'decisions', unit: 'count' },
  { key: 'time', title: 'time', unit: 'ms', against: 'signatureCheck' },
  { key: 'oneRound', title: 'in one round', unit: 'percent' },
  { key: 'fellBack', title: 'votes broadcast', unit: 'percent' },
  { key: 'deliveries', title: 'deliveries', unit: 'count' },
  { key: 'bytes', title: 'bytes', unit: 'bytes' },
  { key: 'signed', title: 'signed', unit: 'count' },
  { key: 'checked', title: 'checked', unit: 'count' },
  { key: 'cpu', title: 'CPU', unit: 'ms' },
  { key: 'nodeCpu', title: 'CPU a node', unit: 'ms' },
];

export const scaleScenario: Scenario = async (bench) => {
  const { options, size, quit } = bench;
  // The modes of a size one after the other: whatever else this machine does, it does to both.
  const cases = settingsOf(options, SIZES[size], MODES).filter(
    ({ mode, nodes }) => mode !== 'pbft' || nodes <= MAX_PBFT_NODES,
  );
  const budget = decisionBudget(bench);
  await compileAll(quit, budget.warmUpMs);
  const figures = await measureCases(
    bench,
    cases,
    nameOfSetting,
    async (each): Promise<Measured> => ({
      ...each,
      ...(await measureDecisions({ ...each, faults: NO_FAULTS }, budget, quit)),
    }),
  );
  return outcome({
    name: 'scale',
    title: 'Scale: one decision at a time without faults, all nodes in one process',
    columns: COLUMNS,
    rows: figures.map(rowOf),
    notes: [
      'votes broadcast: so often some node got no certificate in time, and the decision cost more',
      'all for one decision, client included; the time is the median; one process has one ' +
        'processor, so the time is that of all nodes together',
      ...fitNotes(figures),
    ],
    verdicts: verdictsOf(figures),
    charts: Object.fromEntries(
      CURVES.map((curve) => [`scale-${curve.name}.svg`, chart(curve, figures)]),
    ),
  });
};

/** As many decisions as the user names, however long they take; else what the size allows. */
export function decisionBudget({ options, size }: Bench): DecisionBudget {
  const { requests } = options;
  const budget = DECISION_BUDGET[size];
  if (requests === undefined) return budget;
  return { ...budget, atLeast: requests, atMost: requests, budgetMs: 0 };
}

function rowOf(figures: Measured): Row {
  const { mode, nodes, scheme, decisions, timeMs, cpuMs } = figures;
  return {
    mode,
    n: nodes,
    scheme: mode === 'pbft' ? null : scheme,
    decisions,
    time: timeMs,
    oneRound: mode === 'pbft' ? null : figures.oneRound * 100,
    fellBack: mode === 'pbft' ? null : figures.fellBack * 100,
    deliveries: figures.deliveries,
    bytes: figures.bytes,
    signed: figures.signaturesMade,
    checked: figures.signaturesChecked,
    cpu: cpuMs,
    nodeCpu: cpuMs / nodes,
  };
}

function fitNotes(figures: readonly Measured[]): string[] {
  const curves = CURVES.filter(({ fitted }) => fitted);
  return curves.flatMap((curve) => MODES.flatMap((mode) => fitNote(curve, mode, figures)));
}

function fitNote(curve: Curve, mode: ClusterMode, figures: readonly Measured[]): string[] {
  const points = pointsOf(figures, mode, curve.of);
  const [linear, quadratic] = [polynomialFit(points, 1), polynomialFit(points, 2)];
  if (linear === undefined || quadratic === undefined) return [];
  const [a = 0, b = 0] = linear.coefficients;
  const [c = 0, d = 0, e = 0] = quadratic.coefficients;
  return [
    `${curve.name} of ${mode}: linear ${b.toFixed(2)} n ${signed(a)} with R² ${linear.r2.toFixed(5)}, ` +
      `quadratic ${e.toFixed(4)} n² ${signed(d)} n ${signed(c)} with R² ${quadratic.r2.toFixed(5)}`,
  ];
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'} ${Math.abs(value).toFixed(2)}`;
}

function verdictsOf(figures: readonly Measured[]): Verdict[] {
  const ccro = figures.filter(({ mode }) => mode === 'ccro');
  const pbft = figures.filter(({ mode }) => mode === 'pbft');
  const times = ccro.flatMap(({ nodes, timeMs }) => {
    const limit = TIME_TARGETS_MS.get(nodes);
    return limit === undefined ? [] : [atMost(`one decision, n = ${nodes}`, timeMs, limit, 'ms')];
  });
  const points = pointsOf(figures, 'ccro', ({ deliveries }) => deliveries);
  // Through two points there is always a line.
  const linear = points.length > 2 ? polynomialFit(points, 1) : undefined;
  const shape = linear === undefined ? [] : shapeOf(linear);
  const against = ccro.flatMap((each) => {
    const other = pbft.find(({ nodes }) => nodes === each.nodes);
    return other === undefined ? [] : comparison(each, other);
  });
  return [...times, ...shape, ...flatness(ccro), ...against];
}

function shapeOf({ coefficients: [, slope = NaN], r2 }: Fit): Verdict[] {
  const what = 'deliveries of ccro that a further node adds';
  return [
    atMost(what, slope, MAX_DELIVERIES_A_NODE, 'count'),
    atLeast('R² of the linear fit of them', r2, MIN_LINEAR_R2, 'count'),
  ];
}

/** With certificates of one signature a node does as much in a large cluster as in a small one. */
function flatness(ccro: readonly Measured[]): Verdict[] {
  const aggregating = ccro.filter(({ scheme }) => scheme === 'bls');
  const [smallest, largest] = [aggregating.at(0), aggregating.at(-1)];
  if (smallest === undefined || largest === undefined || smallest === largest) return [];
  const growth = largest.cpuMs / largest.nodes / (smallest.cpuMs / smallest.nodes);
  const sizes = `n = ${largest.nodes} to n = ${smallest.nodes}`;
  return [atMost(`CPU a node with BLS, ${sizes}`, growth, MAX_BLS_GROWTH, 'times')];
}

function comparison(ccro: Measured, pbft: Measured): Verdict[] {
  const n = ccro.nodes;
  if (n < CHEAPER_FROM) return [];
  const versus = (what: string, part: (figures: Measured) => number): Verdict =>
    atMost(`${what} of ccro to pbft, n = ${n}`, part(ccro) / part(pbft), 1, 'times');
  return [
    ...(n < FASTER_FROM ? [] : [versus('time', ({ timeMs }) => timeMs)]),
    versus('CPU', ({ cpuMs }) => cpuMs),
    versus('bytes', ({ bytes }) => bytes),
    versus('deliveries', ({ deliveries }) => deliveries),
  ];
}

function pointsOf(
  figures: readonly Measured[],
  mode: ClusterMode,
  part: (figures: Measured) => number,
): Point[] {
  return figures
    .filter((each) => each.mode === mode)
    .map((each) => ({ x: each.nodes, y: part(each) }));
}

function chart({ title, of, text }: Curve, figures: readonly Measured[]): string {
  const series = MODES.map((mode) => ({ name: mode, points: pointsOf(figures, mode, of) }));
  return lineChart(
    series.filter(({ points }) => points.length > 0),
    { title, xLabel: (x) => `n = ${x.toFixed(0)}`, yLabel: text },
  );
}
