export {
  encodeReport,
  readReport,
  reportedDigest,
  type NodeReport,
  type NodeState,
  type ReportedDecision,
  type ReportedEvidence,
  type ReportedProgress,
  type SentMessage,
} from './node-report.js';
export { NodeReporter } from './node-reporter.js';
export type {
  ClusterEvent,
  DecidedEvent,
  DecisionEvent,
  EvidenceEvent,
  HelloEvent,
  HistoryEvent,
  MessagesEvent,
  NodeEvent,
  ProgressEvent,
  RatesEvent,
  SkippedEvent,
} from './cluster-event.js';
