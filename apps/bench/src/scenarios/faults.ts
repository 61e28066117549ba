/** The seed's table: the time of a decision by number of faulty nodes, n = 3f + 1. */

import type { ClusterMode } from '@ccro/cluster-config';
import { maxFaulty } from '@ccro/consensus';
import { SEED_BYZANTINE, SEED_FAULTS, seedFigure } from '@ccro/experiment';
import { lineChart } from '@ccro/figures';
import { compileAll, faultyNodes, measureDecisions, type DecisionFigures } from '@ccro/measurement';
import type { Column, Row } from '../result/results.js';
import { DECISION_BUDGET, exactly } from './scale.js';
import { measureCases, type Scenario } from './scenario.js';

const FAULTY = {
  quick: SEED_BYZANTINE,
  full: [...SEED_BYZANTINE, 40, 60, 80, 100],
};
type Kind = (typeof SEED_FAULTS)[number];

interface Case {
  readonly f: number;
  readonly nodes: number;
  readonly mode: ClusterMode;
  readonly kind: Kind;
}

export const faultsScenario: Scenario = async (bench) => {
  const { options, quit } = bench;
  const { mode = ['ccro'], requests } = options;
  const sizes =
    options.nodes?.map((nodes) => ({ nodes, f: maxFaulty(nodes) })) ??
    FAULTY[options.quick ? 'quick' : 'full'].map((f) => ({ f, nodes: 3 * f + 1 }));
  const cases = sizes.flatMap((size) =>
    mode.flatMap((each) => SEED_FAULTS.map((kind): Case => ({ ...size, mode: each, kind }))),
  );
  const budget = DECISION_BUDGET[options.quick ? 'quick' : 'full'];
  await compileAll(quit, budget.warmUpMs);
  const figures = await measureCases(bench, cases, nameOf, ({ nodes, mode: each, f, kind }) => {
    const plan = { nodes, mode: each, faults: faultyNodes(nodes, f, kind) };
    const limits = requests === undefined ? budget : exactly(requests, budget.warmUpMs);
    return measureDecisions(plan, limits, quit);
  });
  const found = (wanted: Omit<Case, 'nodes'>): DecisionFigures | undefined =>
    figures[
      cases.findIndex(
        ({ f, mode: each, kind }) => f === wanted.f && each === wanted.mode && kind === wanted.kind,
      )
    ];
  const rows = sizes.map(({ f, nodes }) => rowOf(f, nodes, mode, found));
  return {
    result: {
      name: 'faults',
      title: 'Faults: time of one decision with f of n = 3f + 1 nodes faulty, all in one process',
      columns: columnsOf(mode),
      rows,
      notes: [
        'the seed (Python, HTTP from every node to every other): 4 to 61 nodes as measured on a ' +
          'machine with 2 cores, 91 as it published them; with 76 nodes and more, falsifying ' +
          'ones make it fail with too many open files',
      ],
      verdicts: [],
      charts: ['faults.svg'],
    },
    charts: {
      'faults.svg': lineChart(
        mode.flatMap((each) =>
          SEED_FAULTS.map((kind) => ({
            name: `${each}, ${kind}`,
            points: sizes.map(({ f }) => ({
              x: f,
              y: found({ f, mode: each, kind })?.timeMs ?? 0,
            })),
          })),
        ),
        {
          title: 'Time of one decision by number of faulty nodes',
          xLabel: (x) => `f = ${x.toFixed(0)}`,
          yLabel: (y) => `${y.toFixed(0)} ms`,
        },
      ),
    },
  };
};

function columnsOf(modes: readonly ClusterMode[]): Column[] {
  return [
    { key: 'f', title: 'faulty', unit: 'count', label: true },
    { key: 'n', title: 'nodes', unit: 'count', label: true },
    ...modes.flatMap((mode) =>
      SEED_FAULTS.map((kind): Column => {
        return { key: `${mode}-${kind}`, title: `${mode}, ${kind}`, unit: 'ms' };
      }),
    ),
    ...SEED_FAULTS.map((kind): Column => ({
      key: `seed-${kind}`,
      title: `seed, ${kind}`,
      unit: 'text',
    })),
  ];
}

function rowOf(
  f: number,
  nodes: number,
  modes: readonly ClusterMode[],
  found: (wanted: Omit<Case, 'nodes'>) => DecisionFigures | undefined,
): Row {
  return {
    f,
    n: nodes,
    ...Object.fromEntries(
      modes.flatMap((mode) =>
        SEED_FAULTS.map((kind) => [`${mode}-${kind}`, found({ f, mode, kind })?.timeMs ?? null]),
      ),
    ),
    ...Object.fromEntries(SEED_FAULTS.map((kind) => [`seed-${kind}`, seedFigure(nodes, kind)])),
  };
}

function nameOf({ mode, nodes, f, kind }: Case): string {
  return `${mode}, n = ${nodes}, ${f} ${kind}`;
}
