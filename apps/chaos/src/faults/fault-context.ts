import type { ProcessCluster } from '@ccro/process-cluster';
import type { Timeline } from '../timeline.js';
import type { Workload } from '../workload/workload.js';
import type { AffectedNodes } from './affected-nodes.js';

/** What all faults of a run have in common. */
export interface FaultContext {
  readonly cluster: ProcessCluster;
  readonly timeline: Timeline;
  readonly affected: AffectedNodes;
  /** Sends calls of its own, which count as those of any client. */
  readonly workload: Workload;
  /** Aborts when the run's time is up: what is going on is ended early, and healed. */
  readonly timeUp: AbortSignal;
  /** Aborts when the user wants to end. */
  readonly quit: AbortSignal;
}
