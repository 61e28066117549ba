/** The seed's table: the time of a decision by number of faulty nodes, n = 3f + 1. */

import type { ClusterMode } from '@ccro/cluster-config';
import { maxFaulty } from '@ccro/consensus';
import { SEED_BYZANTINE, SEED_FAULTS, seedFigure } from '@ccro/experiment';
import { lineChart } from '@ccro/figures';
import { compileAll, faultyNodes, measureDecisions } from '@ccro/measurement';
import type { Column, Row } from '../result/results.js';
import { decisionBudget } from './scale.js';
import { measureCases, outcome, type Scenario } from './scenario.js';

const FAULTY = {
  quick: SEED_BYZANTINE,
  full: [...SEED_BYZANTINE, 40, 60, 80, 100],
};

interface Size {
  readonly f: number;
  readonly nodes: number;
}

interface Curve {
  readonly mode: ClusterMode;
  readonly kind: (typeof SEED_FAULTS)[number];
}

type Case = Size & Curve;

type Measured = Case & { readonly timeMs: number };

export const faultsScenario: Scenario = async (bench) => {
  const { options, size, quit } = bench;
  const modes = options.mode ?? ['ccro'];
  const sizes =
    options.nodes?.map((nodes) => ({ nodes, f: maxFaulty(nodes) })) ??
    FAULTY[size].map((f) => ({ f, nodes: 3 * f + 1 }));
  const curves = modes.flatMap((mode) => SEED_FAULTS.map((kind): Curve => ({ mode, kind })));
  const cases = sizes.flatMap((each) => curves.map((curve): Case => ({ ...each, ...curve })));
  const budget = decisionBudget(bench);
  await compileAll(quit, budget.warmUpMs);
  const measured = await measureCases(bench, cases, nameOf, async (each): Promise<Measured> => {
    const { nodes, mode, f, kind } = each;
    const plan = { nodes, mode, faults: faultyNodes(nodes, f, kind) };
    return { ...each, timeMs: (await measureDecisions(plan, budget, quit)).timeMs };
  });
  return outcome({
    name: 'faults',
    title: 'Faults: time of one decision with f of n = 3f + 1 nodes faulty, all in one process',
    columns: columnsOf(curves),
    rows: sizes.map((each) => rowOf(each, measured)),
    notes: [
      'the seed (Python, HTTP from every node to every other): 4 to 61 nodes as measured on a ' +
        'machine with 2 cores, 91 as it published them; with 76 nodes and more, falsifying ' +
        'ones make it fail with too many open files',
    ],
    charts: {
      'faults.svg': lineChart(
        curves.map(({ mode, kind }) => ({
          name: `${mode}, ${kind}`,
          points: measured
            .filter((each) => each.mode === mode && each.kind === kind)
            .map(({ f, timeMs }) => ({ x: f, y: timeMs })),
        })),
        {
          title: 'Time of one decision by number of faulty nodes',
          xLabel: (x) => `f = ${x.toFixed(0)}`,
          yLabel: (y) => `${y.toFixed(0)} ms`,
        },
      ),
    },
  });
};

function columnsOf(curves: readonly Curve[]): Column[] {
  const column = (who: string, kind: string, unit: 'ms' | 'text'): Column => {
    return { key: `${who}-${kind}`, title: `${who}, ${kind}`, unit };
  };
  return [
    { key: 'f', title: 'faulty', unit: 'count', label: true },
    { key: 'n', title: 'nodes', unit: 'count', label: true },
    ...curves.map(({ mode, kind }) => column(mode, kind, 'ms')),
    ...SEED_FAULTS.map((kind) => column('seed', kind, 'text')),
  ];
}

function rowOf({ f, nodes }: Size, measured: readonly Measured[]): Row {
  const times = measured
    .filter((each) => each.nodes === nodes)
    .map(({ mode, kind, timeMs }) => [`${mode}-${kind}`, timeMs] as const);
  const seeds = SEED_FAULTS.map((kind) => [`seed-${kind}`, seedFigure(nodes, kind)] as const);
  return { f, n: nodes, ...Object.fromEntries([...times, ...seeds]) };
}

function nameOf({ mode, nodes, f, kind }: Case): string {
  return `${mode}, n = ${nodes}, ${f} ${kind}`;
}
