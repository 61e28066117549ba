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
  /** Of those: decided by the votes of all, in one round. */
  readonly fastSlots: number;
  /** Executed requests that one signature covers with others. */
  readonly signedTogether: number;
  /** 1 for a run with BLS certificates. */
  readonly blsRuns: number;
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
  fastSlots: 0,
  signedTogether: 0,
  blsRuns: 0,
  views: 0,
  restarts: 0,
  checkpoints: 0,
  transfers: 0,
  nullBatches: 0,
};

export function statisticsOf(
  cluster: SimulatedCluster,
  { tuning, signature }: Schedule,
): Statistics {
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
    fastSlots: checkers.decidedFast,
    signedTogether: batches.flat().filter(({ signedWith }) => signedWith !== undefined).length,
    blsRuns: signature === 'bls' ? 1 : 0,
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
