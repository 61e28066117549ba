/**
 * What replicas and clients tell each other. Shapes only: `libs/wire` gives them bytes,
 * `libs/crypto` signs and verifies them.
 *
 * Naming follows PBFT (OSDI '99, section 4); the collector's messages follow `docs/PROTOCOL.md`.
 */

import type {
  ClientId,
  Digest,
  ReplicaId,
  SequenceNumber,
  Signature,
  Timestamp,
  View,
} from './ids.js';
import type { Settings } from './settings.js';

/** The two voting rounds of a slot. */
export type SlotPhase = 'prepare' | 'commit';

/** What is voted on: a slot, or the state after it (PBFT, section 4.3). */
export type Phase = SlotPhase | 'checkpoint';

/** A client's signed wish. `digest` identifies it everywhere and is derived, not transmitted. */
export interface Request {
  readonly kind: 'request';
  readonly client: ClientId;
  readonly timestamp: Timestamp;
  /** Text the state machine understands; opaque to consensus, signed byte for byte. */
  readonly operation: string;
  readonly digest: Digest;
  readonly signature: Signature;
  /**
   * Digests of all requests that the signature covers, in order, this one's among them; undefined
   * when it covers this one alone. One array for all of them: who signs many at a time spares
   * every replica all checks but one.
   */
  readonly signedWith?: readonly Digest[];
}

/** Requests of one client that it signed together, as they travel to the replicas. */
export interface RequestList {
  readonly kind: 'requests';
  /** Not empty, distinct; all of one `signedWith`, in its order. Some may be left out. */
  readonly requests: readonly Request[];
}

/** The primary assigns a sequence number to a batch, known by the digests of its requests. */
export interface PrePrepare {
  readonly kind: 'pre-prepare';
  readonly view: View;
  readonly sequence: SequenceNumber;
  /** Merkle root over `requests`, in order. */
  readonly digest: Digest;
  readonly requests: readonly Digest[];
  /**
   * Bodies that did not travel by broadcast (PBFT, section 5.1 inlines small requests). Not
   * covered by the primary's signature: each proves itself and must be listed in `requests`.
   */
  readonly bodies: readonly Request[];
  readonly collector: ReplicaId;
  readonly replica: ReplicaId;
  readonly signature: Signature;
}

/**
 * One replica's signed word for one digest at (phase, view, sequence). A checkpoint vote is on the
 * state's digest after `sequence`; states belong to no view, so its view is 0.
 */
export interface Vote<P extends Phase = Phase> {
  readonly kind: 'vote';
  readonly phase: P;
  readonly view: View;
  readonly sequence: SequenceNumber;
  readonly digest: Digest;
  readonly replica: ReplicaId;
  readonly signature: Signature;
  /**
   * 0 when first sent. Higher: "I still lack the certificate", the n-th reminder. A hint outside
   * the signature: it decides who answers, never what is believed.
   */
  readonly attempt: number;
  /** On a reminder, which collector the sender was told: a hint too, see `disputes.ts`. */
  readonly collector?: ReplicaId;
}

/** Proof that the named replicas voted: what it holds depends on the signature scheme. */
export interface CertificateProof {
  readonly scheme: string;
  /** Distinct signers, ascending. */
  readonly signers: readonly ReplicaId[];
  /** One signature a signer, in their order (ed25519), or the aggregate of them alone (bls). */
  readonly signatures: readonly Signature[];
}

/** A quorum of votes on the same (phase, view, sequence, digest). Proves itself. */
export interface Certificate<P extends Phase = Phase> {
  readonly kind: 'certificate';
  readonly phase: P;
  readonly view: View;
  readonly sequence: SequenceNumber;
  readonly digest: Digest;
  readonly proof: CertificateProof;
}

/** The outcome of one request, as every honest replica computes it. */
export interface RequestResult {
  readonly timestamp: Timestamp;
  readonly request: Digest;
  readonly sequence: SequenceNumber;
  /** Digest of the batch decided at `sequence`. */
  readonly batch: Digest;
  /** JSON text made by the state machine. */
  readonly result: string;
}

/** Votes of other replicas that a replica saw on a slot, for and against the decided digest. */
export interface Tally {
  readonly correct: number;
  readonly corrupt: number;
}

/** One replica's signed answer to one client for one slot: PBFT's REPLY for a whole batch. */
export interface Reply {
  readonly kind: 'reply';
  readonly replica: ReplicaId;
  readonly client: ClientId;
  /** View of the decision, as this replica learnt it; replicas may differ. */
  readonly view: View;
  readonly results: readonly RequestResult[];
  readonly tally: Tally;
  /**
   * Who gathered the votes of the slot, as the pre-prepare says that this replica accepted for it.
   * Left out where nobody did (PBFT), and where the slot came without its pre-prepare.
   */
  readonly collector?: ReplicaId;
  readonly signature: Signature;
}

/**
 * The same without the results, which others send (PBFT, section 5.1, digest replies): the root of
 * the tree over them is all that the signature covers, so it speaks for whoever shows the rest.
 */
export interface BriefReply extends Omit<Reply, 'kind' | 'results'> {
  readonly kind: 'brief-reply';
  /** Merkle root over the results. */
  readonly root: Digest;
}

/** A reply to be signed, and sent without its results if it is brief. */
export type UnsignedReply = Unsigned<Reply> & { readonly brief?: boolean };

/** What a replica reports of one slot when it leaves a view. */
export interface SlotReport {
  readonly sequence: SequenceNumber;
  /** Its latest prepare vote, null batches included; null when it never voted here. */
  readonly vote: { readonly view: View; readonly digest: Digest } | null;
  /** Its prepare certificate of the highest view, if it has one. */
  readonly certificate: SlotCertificate | null;
}

/** A checkpoint with the quorum that vouches for it; null certificate: the beginning. */
export interface StableCheckpoint {
  readonly sequence: SequenceNumber;
  readonly digest: Digest;
  readonly certificate: Certificate<'checkpoint'> | null;
}

/** A replica wants `view` to begin and says what it knows (PBFT, section 4.4, VIEW-CHANGE). */
export interface ViewChange {
  readonly kind: 'view-change';
  readonly view: View;
  readonly stable: StableCheckpoint;
  /** Ascending, every slot above the stable checkpoint that it voted on or holds a certificate of. */
  readonly slots: readonly SlotReport[];
  readonly replica: ReplicaId;
  /** Of everything signed; derived, not transmitted. New-views refer to it. */
  readonly digest: Digest;
  readonly signature: Signature;
}

/** What is proposed again in the new view: the digest chosen for one slot. */
export interface Reproposal {
  readonly sequence: SequenceNumber;
  readonly digest: Digest;
}

/** The new primary begins `view` on the word of a quorum (PBFT, section 4.4, NEW-VIEW). */
export interface NewView {
  readonly kind: 'new-view';
  readonly view: View;
  /** Distinct replicas, ascending, a quorum. */
  readonly viewChanges: readonly { readonly replica: ReplicaId; readonly digest: Digest }[];
  /** One per slot above the stable checkpoint, ascending, without gaps. */
  readonly reproposals: readonly Reproposal[];
  readonly replica: ReplicaId;
  readonly signature: Signature;
}

/** "The primary of `view` does not do its work": f + 1 have to say so before anybody leaves the view. */
export interface Suspicion {
  readonly kind: 'suspicion';
  readonly view: View;
  readonly replica: ReplicaId;
  readonly signature: Signature;
}

/** What another replica said that counts towards leaving a view. */
export type MovedBy = Suspicion | ViewChange;

/** "This is where I am": sent when idle or behind; peers answer with what the sender lacks. */
export interface Status {
  readonly kind: 'status';
  readonly replica: ReplicaId;
  readonly view: View;
  readonly lastExecuted: SequenceNumber;
  /** Rotates who answers, see `routing/answerers.ts`. */
  readonly attempt: number;
  /** "Answer me with your own status": a primary that has just started wants to know. */
  readonly asks: boolean;
  /** What the sender was told of the cluster, see `taking-part.ts`. */
  readonly settings: Settings;
  /** The sender's present run. */
  readonly run: string;
  /** Of the replica whose status `attempt` this answers, the run it named; null: nobody's. */
  readonly answers: string | null;
  readonly signature: Signature;
}

/** "Send me this batch": answered with a decision when there is one, else with the pre-prepare. */
export interface Fetch {
  readonly kind: 'fetch';
  readonly replica: ReplicaId;
  readonly sequence: SequenceNumber;
  readonly digest: Digest;
  readonly signature: Signature;
}

/** "Send me this part of the state at that checkpoint." */
export interface FetchChunk {
  readonly kind: 'fetch-chunk';
  readonly replica: ReplicaId;
  /** Of a stable checkpoint. */
  readonly sequence: SequenceNumber;
  /** Name of the chunk; the empty name stands for the manifest, which lists the others. */
  readonly chunk: string;
  /** Long chunks travel in parts, counted from 0. */
  readonly part: number;
  readonly signature: Signature;
}

/**
 * A part of a chunk's text. It proves nothing until the chunk is whole and has the certified
 * digest; the signature says whom to blame if it has not.
 */
export interface ChunkPart {
  readonly kind: 'chunk-part';
  readonly replica: ReplicaId;
  readonly sequence: SequenceNumber;
  readonly chunk: string;
  readonly part: number;
  /** How many parts the chunk has, at least 1. */
  readonly parts: number;
  readonly text: string;
  readonly signature: Signature;
}

/** A decided slot that proves itself: the batch and the commit certificate over its digest. */
export interface Decision {
  readonly kind: 'decision';
  readonly sequence: SequenceNumber;
  readonly view: View;
  readonly digest: Digest;
  readonly requests: readonly Request[];
  readonly certificate: Certificate;
}

/** Everything a replica accepts from the network. */
export type ProtocolMessage =
  | Request
  | RequestList
  | PrePrepare
  | Vote
  | Certificate
  | Suspicion
  | Status
  | Fetch
  | FetchChunk
  | ChunkPart
  | Decision
  | ViewChange
  | NewView;

/** What a replica hands to its runner for signing; the runner fills in `signature`. */
export type Unsigned<M extends { readonly signature: Signature }> = Omit<M, 'signature'>;

/** A view-change before it is signed: its digest is of what is signed. */
export type UnsignedViewChange = Omit<ViewChange, 'signature' | 'digest'>;

/** Everything a replica sends. Certificates, requests and decisions prove themselves already. */
export type OutgoingMessage =
  | Unsigned<PrePrepare>
  | PrePrepare
  | Unsigned<Vote>
  | UnsignedReply
  | Unsigned<Status>
  | Unsigned<Fetch>
  | Unsigned<FetchChunk>
  | Unsigned<ChunkPart>
  | UnsignedViewChange
  | ViewChange
  | Unsigned<NewView>
  | NewView
  | Unsigned<Suspicion>
  | Suspicion
  | Request
  | RequestList
  | Certificate
  | Decision;

export type SlotVote = Vote<SlotPhase>;
export type SlotCertificate = Certificate<SlotPhase>;

/** Whether it is about a slot, and not about a checkpoint. */
export function isSlotVote(vote: Verified<Vote>): vote is Verified<SlotVote> {
  return vote.phase !== 'checkpoint';
}

/** Whether it is about a slot, and not about a checkpoint. */
export function isSlotCertificate(
  certificate: Verified<Certificate>,
): certificate is Verified<SlotCertificate> {
  return certificate.phase !== 'checkpoint';
}

declare const verified: unique symbol;

/**
 * A message whose signatures, digests and membership have been checked. Only `libs/crypto` makes
 * one (and a test's forger, knowingly); the core accepts nothing else.
 */
export type Verified<M> = M & { readonly [verified]: true };
