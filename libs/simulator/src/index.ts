export { Checkers, type CheckersOptions } from './checkers/checkers.js';
export { Violation, type InvariantName } from './checkers/violation.js';
export { Random } from './random.js';
export { rememberSignatures } from './remember-signatures.js';
export {
  CASES,
  recordCase,
  recordSeed,
  type Case,
  type OnProgress,
} from './recording/record-run.js';
export type {
  Happening,
  Place,
  RecordedStep,
  Recording,
  Remembered,
  Said,
} from './recording/recording.js';
export { drawSchedule, ALL_CHOICES } from './schedule/draw-schedule.js';
export { runSchedule, type RunLog, type RunReport } from './schedule/run-schedule.js';
export type { Choices, Mode, Schedule, Step, TimedStep } from './schedule/schedule.js';
export { NO_STATISTICS, sumOf, type Statistics } from './schedule/statistics.js';
export { SimulatedCluster, type SimulationOptions } from './simulated-cluster.js';
export { INSTANT_DISK, SimulatedDisk, type DiskOptions } from './simulated-disk.js';
export {
  HEALTHY_NETWORK,
  SimulatedNetwork,
  type Delivery,
  type NetworkFaults,
  type Published,
} from './simulated-network.js';
export { SimulatedNode } from './simulated-node.js';
export type { Party } from './trace/names.js';
export { readTrace, type ReadTrace, type TraceLine } from './trace/read-trace.js';
export { Trace } from './trace/trace.js';
export { VirtualTime } from './virtual-time.js';
export { exploreReproposals, type ExplorationReport } from './exploration/explore-reproposals.js';
export type { BrokenProtocol } from './broken/broken-protocol.js';
export { BROKEN_PROTOCOLS } from './broken/broken-protocols.js';
export { KNOWN_SEEDS } from './broken/known-seeds.js';
export type { SourceEdit } from './broken/source-edit.js';
