import type { SimulatedCluster } from '../simulated-cluster.js';
import type { Schedule } from './schedule.js';

export const NO_STATISTICS = {
  events: 0,
  messages: 0,
  /** Virtual milliseconds. */
  virtualMs: 0,
  requests: 0,
  slots: 0,
  /** Of those: decided by the votes of all, in one round. */
  fastSlots: 0,
  /** Executed requests that one signature covers with others. */
  signedTogether: 0,
  /** 1 for a run with BLS certificates. */
  blsRuns: 0,
  /** The highest view an honest replica came to. */
  views: 0,
  restarts: 0,
  /** Stable checkpoints passed, by the replica that passed most. */
  checkpoints: 0,
  /** States taken over from others. */
  transfers: 0,
  /** Null batches decided. */
  nullBatches: 0,
};

/** How much a run went through. Sums over many runs show whether everything was exercised. */
export type Statistics = Readonly<typeof NO_STATISTICS>;

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
