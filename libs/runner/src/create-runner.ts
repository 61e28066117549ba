import { channelNames, type Broker } from '@ccro/broker';
import {
  DEFAULT_REPLICA_CONFIG,
  Replica,
  allToAll,
  toCollector,
  type ClientId,
  type ReplicaConfig,
  type ReplicaId,
  type StateMachine,
  type VoteRouter,
} from '@ccro/consensus';
import { MessageSigner, Verifier, createDigests, createEd25519Scheme } from '@ccro/crypto';
import type { ReplicaStore } from '@ccro/storage';
import { json } from '@ccro/wire';
import type { Clock } from '@ccro/clock';
import { ReplicaRunner, type RunnerListener } from './replica-runner.js';

/** Public facts about the cluster that a runner needs: a cluster file holds them. */
export interface ClusterFacts {
  readonly cluster: string;
  readonly mode: 'pbft' | 'ccro';
  /** Public keys of the members, by id. */
  readonly members: readonly string[];
  /** Public keys of the clients. */
  readonly clients: ReadonlyMap<ClientId, string>;
}

export interface RunnerOptions {
  readonly facts: ClusterFacts;
  readonly self: ReplicaId;
  /** The member's private key, as `libs/crypto` writes it. */
  readonly secretKey: string;
  readonly broker: Broker;
  readonly store: ReplicaStore;
  readonly stateMachine: StateMachine;
  readonly clock: Clock;
  readonly listener: RunnerListener;
  /** Deviations from the defaults, for tests and experiments. */
  readonly tuning?: Partial<Omit<ReplicaConfig, 'cluster' | 'self' | 'n'>>;
}

const ROUTERS: Readonly<Record<ClusterFacts['mode'], VoteRouter>> = {
  pbft: allToAll,
  ccro: toCollector,
};

/** Wires the core, its ports and the outside into one runner. Everything is chosen here, once. */
export function createRunner(options: RunnerOptions): ReplicaRunner {
  const { facts, self, secretKey, broker, store, stateMachine, clock, listener } = options;
  const { cluster, mode, members, clients } = facts;
  const scheme = createEd25519Scheme({ cluster, members });
  const replica = new Replica(
    { ...DEFAULT_REPLICA_CONFIG, ...options.tuning, cluster, self, n: members.length },
    { digests: createDigests(), certificates: scheme, router: ROUTERS[mode], stateMachine },
  );
  const knownRequest = (digest: string) => replica.request(digest);
  return new ReplicaRunner(
    {
      self,
      cluster,
      replica,
      signer: new MessageSigner({ cluster, replica: self, secretKey }),
      verifier: new Verifier({ cluster, members, clients, scheme, knownRequest }),
      store,
      codec: json,
      broker,
      channels: channelNames(cluster),
      clock,
    },
    listener,
  );
}
