/** The cost of watching: throughput with and without an open page, in turns. */

import { median } from '@ccro/figures';
import { closedLoop } from '../load/closed-loop.js';
import { followEvents } from '../load/follow-events.js';
import { MeasuredCluster, usedSince } from '../processes/measured-cluster.js';
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

/** Rounds with and as many without, one after the other: the machine's own speed drifts. */
const PAIRS = { full: 9, quick: 2 } as const;
const REQUESTS = { full: 20_000, quick: 2_000 } as const;
const WARM_UP = { full: 20_000, quick: 2_000 } as const;
const IN_FLIGHT = 512;
const MAX_FALL = 5;

const COLUMNS: readonly Column[] = [
  { key: 'mode', title: 'mode', unit: 'text' },
  { key: 'n', title: 'n', unit: 'count', label: true },
  { key: 'inFlight', title: 'in flight', unit: 'count', label: true },
  { key: 'alone', title: 'nobody watches', unit: 'per second' },
  { key: 'watched', title: 'one page open', unit: 'per second' },
  { key: 'fall', title: 'less', unit: 'percent' },
  { key: 'lowest', title: 'of all pairs: least', unit: 'percent' },
  { key: 'highest', title: 'most', unit: 'percent' },
  { key: 'events', title: 'events told', unit: 'per second' },
  { key: 'gatewayCpu', title: 'CPU of the gateway, a second', unit: 'ms' },
];

/** Requests decided in a second. */
interface Pair {
  readonly alone: number;
  readonly watched: number;
}

export const watchedScenario: Scenario = async (bench) => {
  const settings = settingsOf(bench.options);
  const rows = await measureCases(bench, settings, nameOfSetting, (each) => measure(each, bench));
  return outcome({
    name: 'watched',
    title: 'Watched: throughput while a page follows /events, separate processes over Redis',
    columns: COLUMNS,
    rows,
    notes: [
      'requests go in through the client library, as many as the cluster can take; less: the ' +
        'median over pairs of rounds, one with and one without, in changing order',
      'the page is a reader of /events on the same processors; what a browser takes to draw it ' +
        'is not in it',
    ],
    verdicts: rows.map(verdictOf),
  });
};

async function measure(setting: Setting, { options, size, directory, quit }: Bench): Promise<Row> {
  const inFlight = Math.max(...(options.inFlight ?? [IN_FLIGHT]));
  const plan = { ...setting, durability: 'memory', gateways: 1 } as const;
  return MeasuredCluster.use(plan, directory, quit, async (cluster) => {
    const url = cluster.processes.gatewayUrls()[0] ?? '';
    const load = { requests: options.requests ?? REQUESTS[size], inFlight };
    const warmUp = { requests: WARM_UP[size], inFlight };
    await closedLoop(cluster.client, warmUp, cluster.stop);
    const told = { events: 0, ms: 0, cpuMs: 0 };
    const alone = async (): Promise<number> =>
      (await closedLoop(cluster.client, load, cluster.stop)).perSecond;
    const watched = async (): Promise<number> => {
      const before = await cluster.usage();
      const follower = await followEvents(url);
      const { perSecond, durationMs } = await closedLoop(cluster.client, load, cluster.stop).catch(
        async (error: unknown) => {
          await follower.stop().catch(() => undefined);
          throw error;
        },
      );
      told.events += await follower.stop();
      told.ms += durationMs;
      told.cpuMs += usedSince(before, await cluster.usage()).gatewaysCpuMs;
      return perSecond;
    };
    const pairs: Pair[] = [];
    for (let pair = 0; pair < PAIRS[size]; pair += 1) {
      const first = pair % 2 === 0 ? await alone() : await watched();
      const second = pair % 2 === 0 ? await watched() : await alone();
      const [without, withOne] = pair % 2 === 0 ? [first, second] : [second, first];
      pairs.push({ alone: without, watched: withOne });
    }
    if (told.events === 0) throw new Error('nothing was told on /events');
    return rowOf({ ...setting, inFlight }, pairs, told);
  });
}

function rowOf(
  { mode, nodes, inFlight }: Setting & { readonly inFlight: number },
  pairs: readonly Pair[],
  told: { readonly events: number; readonly ms: number; readonly cpuMs: number },
): Row {
  const falls = pairs.map(({ alone, watched }) => (1 - watched / alone) * 100);
  const seconds = told.ms / 1000;
  return {
    mode,
    n: nodes,
    inFlight,
    alone: median(pairs.map(({ alone }) => alone)),
    watched: median(pairs.map(({ watched }) => watched)),
    fall: median(falls),
    lowest: Math.min(...falls),
    highest: Math.max(...falls),
    events: told.events / seconds,
    gatewayCpu: told.cpuMs / seconds,
  };
}

function verdictOf(row: Row): Verdict {
  const where = `${row['mode']}, n = ${row['n']}`;
  return atMost(`fall of throughput, ${where}`, Number(row['fall']), MAX_FALL, 'percent');
}
