/** What a run is made of. A schedule is data: equal schedules give equal runs. */

import type { ClientId, ReplicaId, StoreRecord } from '@ccro/consensus';
import type { SchemeName } from '@ccro/crypto';
import type { SimulationOptions } from '../simulated-cluster.js';
import type { NetworkFaults } from '../simulated-network.js';
import type { SimulatedFault } from '../simulated-node.js';

export type Mode = 'pbft' | 'ccro';

/** What seeds are spread over: kinds of clusters, and how they do what they do. */
export interface Choices {
  readonly modes: readonly [Mode, ...Mode[]];
  /** Sizes. */
  readonly nodes: readonly [number, ...number[]];
  /** How votes are signed. */
  readonly signatures: readonly [SchemeName, ...SchemeName[]];
  /** Whether the votes of all decide in one round. */
  readonly fastPath: readonly [boolean, ...boolean[]];
  /** Requests that clients sign with one signature, at most. */
  readonly signedTogether: readonly [number, ...number[]];
}

/** Names of two connections: nothing gets from the first to the second. */
export interface CutLink {
  readonly from: string;
  readonly to: string;
}

/** Something that is done to the cluster, or that a client does. */
export type Step =
  | { readonly kind: 'submit'; readonly client: ClientId; readonly operation: string }
  /** A faulty client signs two operations under one timestamp, each for half of the nodes. */
  | { readonly kind: 'submit-twice'; readonly timestamp: number; readonly key: string }
  /** A faulty client signs lists of requests that are not what they should be. */
  | { readonly kind: 'submit-lists'; readonly timestamp: number; readonly key: string }
  /** A faulty client gives each replica other requests, and another one under a timestamp. */
  | { readonly kind: 'submit-scattered'; readonly timestamp: number; readonly key: string }
  | { readonly kind: 'network'; readonly faults: NetworkFaults }
  /** Takes the place of what was cut before. */
  | { readonly kind: 'cut'; readonly what: string; readonly links: readonly CutLink[] }
  /** The broker disconnects these connections, or they reconnect. */
  | { readonly kind: 'broker-away'; readonly replicas: readonly ReplicaId[] }
  | { readonly kind: 'broker-back'; readonly replicas: readonly ReplicaId[] }
  | { readonly kind: 'crash'; readonly replicas: readonly ReplicaId[] }
  | { readonly kind: 'restart'; readonly replicas: readonly ReplicaId[] }
  /** From now on: power is cut just when the `nth` such record is durable, for so long. */
  | {
      readonly kind: 'crash-when';
      readonly replica: ReplicaId;
      readonly record: StoreRecord['kind'];
      readonly nth: number;
      readonly downMs: number;
    }
  /** Of faulty replicas only. */
  | {
      readonly kind: 'fault';
      readonly replica: ReplicaId;
      readonly fault: SimulatedFault | undefined;
    }
  /** A faulty replica starts again having forgotten everything. */
  | { readonly kind: 'wipe'; readonly replica: ReplicaId }
  /** An outsider without keys replays, alters and makes up this many messages a second. */
  | { readonly kind: 'outsider'; readonly messagesPerSecond: number };

export interface TimedStep {
  /** Virtual milliseconds from the start. */
  readonly atMs: number;
  readonly step: Step;
}

type Cluster = Omit<SimulationOptions, 'network' | 'drifted' | 'listener' | 'witness'>;

/** Nothing of the cluster is left to a default, and at most f of its replicas are faulty. */
export interface Schedule extends Required<Cluster> {
  /** What it was drawn from besides the seed, where that is not everything there is. */
  readonly choices: Partial<Choices>;
  /** The faulty replica that is replaced, when everything is healed, by an honest one with an empty disk. */
  readonly replaced?: ReplicaId;
  /** Ascending by time. */
  readonly steps: readonly TimedStep[];
  /** When everything is healed: virtual milliseconds from the start. */
  readonly safetyMs: number;
  /** How long after that everything must be decided and level. */
  readonly livenessMs: number;
  /** Whether all honest nodes lose power at the very end, and start again. */
  readonly endsWithPowerCut: boolean;
}

/** The client whose word is worth nothing. */
export const FAULTY_CLIENT: ClientId = 'mallory';
