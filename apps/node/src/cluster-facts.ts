import type { ClusterConfig } from '@ccro/cluster-config';
import type { ClusterFacts } from '@ccro/runner';

/** What a runner needs to know of a cluster file. */
export function clusterFacts({ cluster, mode, members, clients }: ClusterConfig): ClusterFacts {
  return {
    cluster,
    mode,
    members: members.map(({ publicKey }) => publicKey),
    clients: new Map(clients.map(({ id, publicKey }) => [id, publicKey])),
  };
}
