export {
  CcroClient,
  type CcroClientDependencies,
  type CcroClientOptions,
  type ClientCounters,
} from './ccro-client.js';
export { ClientError, type ClientErrorCode } from './client-error.js';
export { differingSettingsText } from './differing-settings.js';
export { nodesOf, roleOf, type NodePart, type NodeRole, type Roles } from './node-parts.js';
export type { Outcome, ReplySummary, Submission } from './outcome.js';
export { clockTimestamp, MAX_CLOCK_TIMESTAMP } from './timestamps.js';
export type { ClientRejectCode } from './rejections.js';
