import type {
  Destination,
  Digest,
  Digests,
  OutgoingMessage,
  PrePrepare,
  ReplicaId,
} from '@ccro/consensus';

/** A message of this kind, signed or to be signed. */
export type Outgoing<K extends OutgoingMessage['kind']> = Extract<OutgoingMessage, { kind: K }>;

/** One message on its way out. */
export interface OutgoingSend {
  readonly to: Destination;
  /** Without a signature where it needs one: the runner signs with the node's own key. */
  readonly message: OutgoingMessage;
  /** Milliseconds to hold it back; undefined means at once. */
  readonly delayMs?: number;
}

/**
 * How a faulty node treats others. Its own core stays honest: the runner feeds it the node's
 * honest messages, and gives the network only what `outgoing` makes of them. A faulty node lies
 * with its own key; it cannot forge another's signature.
 *
 * `all` as a destination means all the others here: the runner must not treat what comes back to it
 * over the network as its own honest message.
 */
export interface Conduct {
  /**
   * Whether messages of this kind (a message's `kind`) from the network reach the node's core.
   * False: it acts as if it had never heard them. Without this it hears everything.
   */
  hears?(kind: string): boolean;
  /** What is really sent instead of an honest send; may be nothing, may be several messages. */
  outgoing(send: OutgoingSend): readonly OutgoingSend[];
}

/** What behaviours need to know of the node they possess. */
export interface BehaviourContext {
  readonly self: ReplicaId;
  /** Number of replicas. */
  readonly n: number;
  /** Id of the cluster, which what is signed there is bound to. */
  readonly cluster: string;
  readonly digests: Digests;
  /** Numbers in [0, 1), from a seed, so that a run can be repeated. */
  readonly random: () => number;
  /** For `delay`: milliseconds, by default 300. */
  readonly delayMs?: number;
}

/** The ids of n replicas. */
export function everyoneOf(n: number): ReplicaId[] {
  return Array.from({ length: n }, (_, replica) => replica);
}

/** The replicas a node can lie to. */
export function othersOf({ self, n }: Pick<BehaviourContext, 'self' | 'n'>): ReplicaId[] {
  return everyoneOf(n).filter((replica) => replica !== self);
}

/** The same for each of these replicas alone. */
export function toEach(replicas: readonly ReplicaId[], send: OutgoingSend): OutgoingSend[] {
  return replicas.map((id) => ({ ...send, to: { kind: 'replica', id } }));
}

/** The proposal with these changes, and without its signature: it will be signed as it is then. */
export function proposalWith(
  { kind, view, sequence, digest, requests, bodies, collector, replica }: Outgoing<'pre-prepare'>,
  changes: Partial<Pick<PrePrepare, 'digest' | 'requests' | 'bodies' | 'collector'>>,
): Omit<PrePrepare, 'signature'> {
  return { kind, view, sequence, digest, requests, bodies, collector, replica, ...changes };
}

/**
 * A lie that was for the node itself alone, as the vote of a collector is, told to all: it
 * would be none if nobody heard it.
 */
export function heard(send: OutgoingSend, self: ReplicaId): OutgoingSend {
  const { to } = send;
  return to.kind === 'replica' && to.id === self ? { ...send, to: { kind: 'all' } } : send;
}

/**
 * The digest that liars put in the place of `digest`: every hexadecimal digit inverted. All of
 * them use the same one, which is their strongest joint attack.
 */
export function wrongDigest(digest: Digest): Digest {
  return digest.replace(/[0-9a-f]/g, (digit) => (15 - Number.parseInt(digit, 16)).toString(16));
}
