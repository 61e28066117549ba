export { createRunner, type ClusterFacts } from './create-runner.js';
export { EvidenceLog, type EvidenceEntry } from './evidence-log.js';
export { ReplicaRunner, type RunnerListener } from './replica-runner.js';
export type { SlotTrafficCount } from './slot-traffic.js';
