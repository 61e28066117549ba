/** After an overload on busy processors: when a request is decided again, and what a view change costs. */

import { compileAll, measureRecovery, type RecoveryFigures } from '@ccro/measurement';
import { MODES } from '../options/bench-options.js';
import type { Column, Row, Verdict } from '../result/results.js';
import { atMost } from '../result/verdicts.js';
import {
  measureCases,
  nameOfSetting,
  outcome,
  type Scenario,
  type Setting,
  settingsOf,
} from './scenario.js';

type Measured = Setting & RecoveryFigures;

const SIZES = { quick: [31], full: [31, 61, 91] };
const LOAD_MS = { quick: 2_000, full: 10_000 } as const;
const WARM_UP_MS = 200;
const CONNECTIONS = 200;
/** From the end of the load to a decision: in clusters up to this size, and in larger ones. */
const RECOVERY_MS = { small: 5_000, large: 10_000 } as const;
const SMALL = 31;
/** Of all nodes together, for one view change. */
const MAX_CPU_MS = 2_000;

const COLUMNS: readonly Column[] = [
  { key: 'mode', title: 'mode', unit: 'text' },
  { key: 'n', title: 'n', unit: 'count', label: true },
  { key: 'decided', title: 'decided under load', unit: 'count' },
  { key: 'views', title: 'views it cost', unit: 'count' },
  { key: 'recovered', title: 'one request afterwards', unit: 'ms' },
  { key: 'viewChange', title: 'a view change', unit: 'ms' },
  { key: 'cpu', title: 'CPU of it', unit: 'ms' },
  { key: 'checked', title: 'signatures checked', unit: 'count' },
  { key: 'bytes', title: 'delivered', unit: 'bytes' },
];

export const recoveryScenario: Scenario = async (bench) => {
  const { options, size, quit } = bench;
  const settings = settingsOf(options, SIZES[size], MODES);
  await compileAll(quit, WARM_UP_MS);
  const plan = { connections: CONNECTIONS, loadMs: LOAD_MS[size] };
  const measured = await measureCases(
    bench,
    settings,
    nameOfSetting,
    async (setting): Promise<Measured> => ({
      ...setting,
      ...(await measureRecovery({ ...setting, ...plan }, quit)),
    }),
  );
  return outcome({
    name: 'recovery',
    title: `Recovery: after ${CONNECTIONS} requests at a time, all nodes in one process that is starved`,
    columns: COLUMNS,
    rows: measured.map(rowOf),
    notes: [
      `${plan.loadMs / 1000} s of load, with a busy loop on each processor; they end with it`,
      'then the primary falls silent, and one request is asked for: what it takes until all others are in the next view',
    ],
    verdicts: measured.flatMap(verdictsOf),
  });
};

function rowOf(figures: Measured): Row {
  return {
    mode: figures.mode,
    n: figures.nodes,
    decided: figures.decided,
    views: figures.views,
    recovered: figures.recoveredMs,
    viewChange: figures.viewChangeMs,
    cpu: figures.viewChangeCpuMs,
    checked: figures.signaturesChecked,
    bytes: figures.viewChangeBytes,
  };
}

function verdictsOf(figures: Measured): Verdict[] {
  const limit = figures.nodes <= SMALL ? RECOVERY_MS.small : RECOVERY_MS.large;
  const what = nameOfSetting(figures);
  return [
    atMost(`one request after an overload, ${what}`, figures.recoveredMs, limit, 'ms'),
    atMost(`CPU of a view change, ${what}`, figures.viewChangeCpuMs, MAX_CPU_MS, 'ms'),
  ];
}
