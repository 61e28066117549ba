export { createRunner, type ClusterFacts, type RunnerOptions } from './create-runner.js';
export { EvidenceLog, type EvidenceEntry } from './evidence-log.js';
export {
  ReplicaRunner,
  type RunnerCounters,
  type RunnerListener,
  type RunnerParts,
} from './replica-runner.js';
export type { SlotTrafficCount } from './slot-traffic.js';
