export { clusterFacts } from './cluster-facts.js';
export { startNode, type NodeApp } from './node-app.js';
export type { NodeOptions } from './node-options.js';
export type { NodeRole, NodeStatus } from './status/status.service.js';
