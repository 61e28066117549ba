import { maxFaulty } from '@ccro/consensus';
import type { ClusterConfig } from './cluster-config.js';
import { isDevelopmentCluster } from './development.js';
import { wouldUseBls } from './signature-scheme.js';

/** Warnings for the operator of this cluster, one line each. */
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
  if (wouldUseBls(config) && config.members.some(({ bls }) => bls === undefined)) {
    warnings.push(
      `cluster ${config.cluster} lists Ed25519 signatures in its certificates, as not every member ` +
        'has a BLS key; a cluster made by "npm run keygen" has them',
    );
  }
  return warnings;
}
