import { clusterKeys, type ClusterConfig } from '@ccro/cluster-config';
import type { ClusterFacts } from '@ccro/runner';

/** What a node needs to know of a cluster file. */
export interface NodeFacts extends ClusterFacts {
  /** The state machine of its users, as `name@version`. */
  readonly stateMachine?: string | undefined;
}

export function clusterFacts(config: ClusterConfig): NodeFacts {
  return { ...clusterKeys(config), mode: config.mode, stateMachine: config.stateMachine };
}
