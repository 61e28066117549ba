export {
  encodeReport,
  MAX_REPORT_BYTES,
  nodeReportSchema,
  readReport,
  REPORT_LIMITS,
  shortDigest,
  type NodeReport,
  type NodeState,
  type ReportedDecision,
  type ReportedEvidence,
  type ReportedProgress,
  type SentMessage,
} from './node-report.js';
export { NodeReporter, type NodeReporterParts } from './node-reporter.js';
export { everyFor, SAMPLED_PER_SECOND, SlotSampling } from './slot-sampling.js';
export type {
  ClusterEvent,
  DecidedEvent,
  DecisionEvent,
  EvidenceEvent,
  HelloEvent,
  MessagesEvent,
  NodeEvent,
  ProgressEvent,
  RatesEvent,
  SkippedEvent,
} from './cluster-event.js';
