export { nearestBuilt } from './built-files.js';
export { builtProgram } from './built-program.js';
export { HeldConnections, holdConnections } from './connection-limit.js';
export { logToConsole, nestLogLevels } from './console.js';
export { DescriptorBudget, openFilesLimit, processDescriptors } from './descriptors.js';
export { exitCodeOf, explainFailure, FAILURE_EXIT_CODE, USAGE_EXIT_CODE } from './failure.js';
export { LimitedLog, type LimitedLogOptions } from './limited-log.js';
export { OptionError } from './option-error.js';
export { endWithReader, outliveReaders, UNREAD_EXIT_CODE } from './output.js';
export { printable, printableJson, printableLines } from './printable.js';
export {
  closeOnSignals,
  Ending,
  SHUTDOWN_DEADLINE_MS,
  signalExitCode,
  type ShutdownOptions,
} from './shutdown.js';
export { keepFilesPrivate } from './private-files.js';
export { startServerProgram } from './server-program.js';
export { asTool } from './tool-command.js';
export { programVersion } from './version.js';
export { endWithWrappers } from './wrappers.js';
