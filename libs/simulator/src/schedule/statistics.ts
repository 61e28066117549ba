import type { SimulatedCluster } from '../simulated-cluster.js';
import type { Schedule } from './schedule.js';

/** How much a run went through. Sums over many runs show whether everything was exercised. */
export interface Statistics {
  readonly events: number;
  readonly messages: number;
  /** Virtual milliseconds. */
  readonly virtualMs: number;
  readonly requests: number;
  readonly slots: number;
  /** The highest view an honest replica came to. */
  readonly views: number;
  readonly restarts: number;
  /** Stable checkpoints passed, by the replica that passed most. */
  readonly checkpoints: number;
  /** States taken over from others. */
  readonly transfers: number;
  /** Null batches decided. */
  readonly nullBatches: number;
}

export const NO_STATISTICS: Statistics = {
  events: 0,
  messages: 0,
  virtualMs: 0,
  requests: 0,
  slots: 0,
  views: 0,
  restarts: 0,
  checkpoints: 0,
  transfers: 0,
  nullBatches: 0,
};

export function statisticsOf(cluster: SimulatedCluster, { tuning }: Schedule): Statistics {
  const { checkers, time, network } = cluster;
  const statuses = cluster.honestNodes().map((node) => node.status());
  const stable = Math.max(...statuses.map(({ stableCheckpoint }) => stableCheckpoint));
  const batches = [...checkers.decided.values()];
  return {
    events: time.events,
    messages: network.published,
    virtualMs: time.now(),
    requests: cluster.outcomes.length,
    slots: batches.length,
    views: Math.max(...statuses.map(({ view }) => view)),
    restarts: checkers.starts - statuses.length,
    checkpoints: Math.floor(stable / (tuning.checkpointInterval ?? 1)),
    transfers: checkers.transfers,
    nullBatches: batches.filter((batch) => batch.length === 0).length,
  };
}

/** Adds up two runs' statistics, or those of many. */
export function sumOf(a: Statistics, b: Statistics): Statistics {
  const keys = Object.keys(NO_STATISTICS) as (keyof Statistics)[];
  return Object.fromEntries(keys.map((key) => [key, a[key] + b[key]])) as unknown as Statistics;
}
