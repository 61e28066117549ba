import { maxFaulty } from '@ccro/consensus';
import type { ClusterConfig } from './cluster-config.js';
import { isDevelopmentCluster } from './development.js';

/** What whoever runs this cluster should be told aloud, one line each. */
export function clusterWarnings(config: ClusterConfig): string[] {
  const warnings: string[] = [];
  const n = config.members.length;
  if (isDevelopmentCluster(config)) {
    warnings.push(
      `cluster ${config.cluster} uses development keys, which are public: anyone can sign as its ` +
        'nodes and clients. Never for production',
    );
  }
  if (maxFaulty(n) === 0) {
    warnings.push(`a cluster of ${n} tolerates no faulty node (f = 0); 4 nodes tolerate one`);
  }
  return warnings;
}
