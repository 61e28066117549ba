export { connectClient, type ConnectedClient } from './connect-client.js';
export { cpuMilliseconds } from './cpu-time.js';
export {
  KeptAlive,
  RESTART_POLICY,
  type Restartable,
  type RestartListener,
  type RestartPolicy,
} from './kept-alive.js';
export { decimal, list, oneOf, seed, wholeNumber } from './option-parsers.js';
export {
  AUDITOR_CLIENT,
  logsIn,
  ProcessCluster,
  type ClusterListener,
  type ClusterPlan,
} from './process-cluster.js';
export { residentMemory } from './resident-memory.js';
export { runProgram } from './run-program.js';
export { SilentPath } from './silent-path.js';
export { SteppedClock, type ClockReading } from './stepped-clock.js';
export {
  StartFailure,
  SupervisedProcess,
  type Exit,
  type ProgramDependencies,
  type ProgramOptions,
} from './supervised-process.js';
export type { Surroundings } from './surroundings.js';
export { Watchdog } from './watchdog.js';
export { Workspace, writeFiles } from './workspace.js';
