export { logToConsole, nestLogLevels } from './console.js';
export { explainFailure } from './failure.js';
