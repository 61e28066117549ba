export * from './config.js';
export * from './durable.js';
export * from './effect.js';
export * from './evidence.js';
export * from './ids.js';
export * from './input.js';
export * from './invariants.js';
export * from './messages.js';
export * from './ports.js';
export * from './quorum.js';
export * from './rejection.js';
export { differingSettings, type Settings } from './settings.js';
export type { DifferingReplica } from './state/settings-of-others.js';
export { jsonBytes, utf8Bytes } from './text-size.js';
export { MAX_CHUNK_BYTES } from './state/chunk-limit.js';
export { DROPPED_RESULT, MAX_RESULT_BYTES, STALE_RESULT } from './state/client-table.js';
export { Replica, type ReplicaStatus } from './replica.js';
export { allToAll } from './routing/all-to-all.js';
export { answersTo } from './routing/answerers.js';
export { collectorOf, toCollector } from './routing/collector.js';
export { manifestText, parseManifest, partsOf, type Manifest } from './state/manifest.js';
export type { ReplicaDependencies } from './state/replica-state.js';
export type { Screening } from './screening.js';
export type { Waiting } from './waiting.js';
export type { VoteDemand } from './vote-demand.js';
export * from './timers.js';
export type { CompleteNewView } from './view-change/view-changes.js';
export {
  bare,
  certificatesIn,
  isBare,
  statementName,
  withCertificates,
  withoutProofs,
} from './view-change/proofs.js';
export { chooseReproposals, type CarriedOver } from './view-change/choose-reproposals.js';
