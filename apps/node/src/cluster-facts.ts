import { adminsOf, clusterKeys, settingsOf, type ClusterConfig } from '@ccro/cluster-config';
import type { ClientId } from '@ccro/consensus';
import type { ClusterFacts } from '@ccro/runner';

/** What a node needs to know of a cluster file. */
export interface NodeFacts extends ClusterFacts {
  /** The state machine of its users, as `name@version`. */
  readonly stateMachine?: string | undefined;
  /** The clients that may set faults here; nobody, if left out. */
  readonly admins?: ReadonlySet<ClientId> | undefined;
}

export function clusterFacts(config: ClusterConfig): NodeFacts {
  const { mode, codec, stateMachine } = config;
  const settings = settingsOf(config);
  return { ...clusterKeys(config), mode, codec, settings, stateMachine, admins: adminsOf(config) };
}
