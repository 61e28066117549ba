export {
  CcroClient,
  type CcroClientDependencies,
  type CcroClientOptions,
  type ClientCounters,
  type Submission,
} from './ccro-client.js';
export { ClientError, type ClientErrorCode } from './client-error.js';
export { nodesOf, roleOf, type NodePart, type NodeRole, type Roles } from './node-parts.js';
export type { Outcome, ReplySummary } from './outcome.js';
export type { ClientRejectCode } from './rejections.js';
