export * from './model/config.js';
export * from './model/durable.js';
export * from './model/effect.js';
export * from './model/evidence.js';
export * from './messages/ids.js';
export * from './model/input.js';
export * from './model/invariants.js';
export * from './messages/index.js';
export * from './model/ports.js';
export * from './model/quorum.js';
export * from './model/rejection.js';
export { differingSettings, type DifferingReplica, type Settings } from './model/settings.js';
export { utf8Bytes } from './model/text-size.js';
export { MAX_CHUNK_BYTES } from './state/chunk-limit.js';
export { DROPPED_RESULT, MAX_RESULT_BYTES, STALE_RESULT } from './state/client-table.js';
export { Replica, type ReplicaStatus } from './replica.js';
export { allToAll } from './routing/all-to-all.js';
export { answersTo } from './routing/answerers.js';
export { collectorOf, toCollector } from './routing/collector.js';
export { manifestText, parseManifest, partsOf, type Manifest } from './state/manifest.js';
export type { ReplicaDependencies } from './state/replica-state.js';
export { TokenBuckets, type BucketSize } from './state/token-buckets.js';
export type { Screening } from './screening.js';
export type { Waiting } from './waiting.js';
export type { VoteDemand } from './slot/vote-demand.js';
export * from './model/timers.js';
export {
  bare,
  certificatesIn,
  isBare,
  statementName,
  withCertificates,
  withoutProofs,
} from './state/proofs.js';
export { chooseReproposals, type CarriedOver } from './view-change/choose-reproposals.js';
