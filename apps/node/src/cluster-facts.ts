import { clusterKeys, type ClusterConfig } from '@ccro/cluster-config';
import type { ClusterFacts } from '@ccro/runner';

/** What a runner needs to know of a cluster file. */
export function clusterFacts(config: ClusterConfig): ClusterFacts {
  return { ...clusterKeys(config), mode: config.mode, stateMachine: config.stateMachine };
}
