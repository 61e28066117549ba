import { channelNames, type Broker } from '@ccro/broker';
import {
  checkpointDefaults,
  DEFAULT_REPLICA_CONFIG,
  Replica,
  allToAll,
  toCollector,
  type ReplicaId,
  type ReplicaTuning,
  type Restored,
  type Settings,
  type StateMachine,
  type VoteRouter,
} from '@ccro/consensus';
import { createDigests, createVerification, MessageSigner, type ClusterKeys } from '@ccro/crypto';
import type { ReplicaStore } from '@ccro/storage';
import { CODECS, type CodecName, DEFAULT_CODEC } from '@ccro/wire';
import type { Clock } from '@ccro/clock';
import { bytes } from '@ccro/primitives';
import { ReplicaRunner, type RunnerListener } from './replica-runner.js';

/** Public facts about the cluster that a runner needs: a cluster file holds them. */
export interface ClusterFacts extends ClusterKeys {
  readonly mode: 'pbft' | 'ccro';
  /** How messages are spelt. Default: readable JSON. */
  readonly codec?: CodecName;
  /** What all replicas and clients must be told alike, in a form that can be compared. */
  readonly settings: Settings;
}

export interface RunnerOptions {
  readonly facts: ClusterFacts;
  readonly self: ReplicaId;
  /** The member's private key, as `libs/crypto` writes it. */
  readonly secretKey: string;
  /** The secret of its BLS key: needed where `facts` have voting keys. */
  readonly votingSecretKey?: string | undefined;
  readonly broker: Broker;
  readonly store: ReplicaStore;
  readonly stateMachine: StateMachine;
  /** What an earlier run of this replica stored. */
  readonly restored?: Restored | undefined;
  readonly clock: Clock;
  readonly listener: RunnerListener;
  /** Deviations from the defaults, for tests and experiments. */
  readonly tuning?: Partial<ReplicaTuning>;
  /** A word that no other run of this replica has. Default: a random one. */
  readonly run?: string;
}

/** Of the random word that names a run: no two runs have the same. */
const RUN_BYTES = 16;

const ROUTERS: Readonly<Record<ClusterFacts['mode'], VoteRouter>> = {
  pbft: allToAll,
  ccro: toCollector,
};

/**
 * Wires the core, its ports and the outside into one runner. Everything is chosen here, once.
 *
 * @throws RangeError when votes need a BLS key and there is none
 */
export function createRunner(options: RunnerOptions): ReplicaRunner {
  const { facts, self, secretKey, broker, store, stateMachine, clock, listener } = options;
  const { cluster, mode, members, votingKeys } = facts;
  const votingSecretKey = votingKeys === undefined ? undefined : options.votingSecretKey;
  if (votingKeys !== undefined && votingSecretKey === undefined) {
    throw new RangeError(`replica ${self} cannot vote: it has no BLS key`);
  }
  // The verifier asks the replica what it holds, the replica needs the scheme: hence the detour.
  const { scheme, verifier } = createVerification(facts, {
    knownRequest: (digest) => replica.request(digest),
    knownVote: (vote) => replica.vote(vote),
    wantsProofs: (viewChange) => replica.wantsProofs(viewChange),
  });
  const replica: Replica = new Replica(
    {
      ...DEFAULT_REPLICA_CONFIG,
      ...checkpointDefaults(members.length),
      ...options.tuning,
      cluster,
      self,
      run: options.run ?? freshRun(),
      settings: facts.settings,
      n: members.length,
    },
    { digests: createDigests(), certificates: scheme, router: ROUTERS[mode], stateMachine },
    options.restored,
  );
  return new ReplicaRunner(
    {
      self,
      n: members.length,
      cluster,
      replica,
      signer: new MessageSigner({ cluster, replica: self, secretKey, votingSecretKey }),
      verifier,
      store,
      codec: CODECS[facts.codec ?? DEFAULT_CODEC],
      broker,
      channels: channelNames(cluster),
      clock,
    },
    listener,
  );
}

function freshRun(): string {
  return bytes.toText(crypto.getRandomValues(new Uint8Array(RUN_BYTES)), 'base64url');
}
