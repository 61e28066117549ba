import type { Broker } from '@ccro/broker';
import { adminsOf, clusterKeys, settingsOf, type ClusterConfig } from '@ccro/cluster-config';
import type { ClientId, ReplicaId, ReplicaTuning } from '@ccro/consensus';
import type { FaultKind } from '@ccro/faults';
import type { ClusterFacts } from '@ccro/runner';
import type { StateMachineDefinition } from '@ccro/state-machine';
import type { StoreSettings } from '@ccro/storage';

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

/** Injection token of {@link NodeOptions}. */
export const NODE_OPTIONS = Symbol('NODE_OPTIONS');

/** Everything a node app is told; nothing in it reads the environment. */
export interface NodeOptions {
  readonly facts: NodeFacts;
  readonly self: ReplicaId;
  readonly secretKey: string;
  /** The secret of its BLS key: needed where `facts` have voting keys. */
  readonly votingSecretKey?: string | undefined;
  readonly broker: Broker;
  /** The state machine of the cluster's users: the one that `facts` name, if they name one. */
  readonly stateMachine?: StateMachineDefinition | undefined;
  /** Where the replica's records go. */
  readonly storage: StoreSettings;
  /** Port of the node's own HTTP interface; 0 = any free one. */
  readonly httpPort: number;
  readonly host: string;
  /** Names that `Host` may have besides those of the loopback address; see `SiteRules`. */
  readonly allowedHosts?: readonly string[] | undefined;
  /**
   * Base URL of the gateway, to which the primary passes `POST /preprepare` on; undefined while
   * there is none. Default: where a gateway listens by default.
   */
  readonly gatewayUrl?: () => string | undefined;
  /** Base URL of another node's HTTP interface, where it is known. */
  readonly nodeUrl?: (id: ReplicaId) => string | undefined;
  /** How the node misbehaves from the start, if it does. */
  readonly fault?: FaultKind;
  /** Seed of the faulty node's choices. */
  readonly faultSeed?: number;
  /** Whether faults may be set at run time. */
  readonly faultInjection: boolean;
  readonly tuning?: Partial<ReplicaTuning>;
  /** Called when the node must not go on; the owner stops the process. */
  readonly onFatal: (error: unknown) => void;
}
