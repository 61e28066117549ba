export { nearestBuilt } from './built-files.js';
export { builtProgram } from './built-program.js';
export { logToConsole, nestLogLevels } from './console.js';
export { explainFailure } from './failure.js';
