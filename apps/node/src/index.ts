export { startNode, type NodeApp } from './node-app.js';
export { clusterFacts, type NodeOptions } from './node-options.js';
export type { NodeRole, NodeStatus } from './status/status.service.js';
