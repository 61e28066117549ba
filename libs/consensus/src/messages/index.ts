/**
 * What replicas and clients tell each other. Shapes only: `libs/wire` gives them bytes,
 * `libs/crypto` signs and verifies them. Each kind is declared once, in `messages/`.
 *
 * Naming follows PBFT (OSDI '99, section 4); the collector's messages follow `docs/PROTOCOL.md`.
 */

import { CATALOGUE, type KindWhere, type Message } from './catalogue.js';
import type { SlotCertificate, SlotVote, Vote, Certificate } from './ordering.js';
import type { Reply } from './replies.js';
import type { ViewChange } from './views.js';

export * from './catalogue.js';
export {
  SETTING,
  type ChunkPart,
  type Fetch,
  type FetchChunk,
  type Status,
} from './catching-up.js';
export type { Answer, Query } from './control.js';
export type { Declaration, Layout, SpecialLayouts } from './declaration.js';
export type { Field, FieldShape, FieldShapes } from './fields.js';
export * as fields from './fields.js';
export * from './limits.js';
export type {
  Certificate,
  CertificateProof,
  Decision,
  Phase,
  PrePrepare,
  Request,
  RequestList,
  SlotCertificate,
  SlotPhase,
  SlotVote,
  TravellingList,
  TravellingRequest,
  Vote,
} from './ordering.js';
export type { BriefReply, Reply, RequestResult, Tally } from './replies.js';
export type {
  MovedBy,
  NewView,
  Reproposal,
  SlotReport,
  StableCheckpoint,
  Suspicion,
  ViewChange,
} from './views.js';

/** Everything a replica accepts from the network. */
export type ProtocolMessage = Message<KindWhere<{ takenBy: 'core' }>>;

/** What a replica hands to its runner for signing; the runner fills in `signature`. */
export type Unsigned<M extends { readonly signature: unknown }> = Omit<M, 'signature'>;

/** A view-change before it is signed: its digest is of what is signed. */
export type UnsignedViewChange = Omit<ViewChange, 'signature' | 'digest'>;

/** A reply to be signed, and sent without its results if it is brief. */
export type UnsignedReply = Unsigned<Reply> & { readonly brief?: boolean };

/** Kinds that the core has its replica sign. */
export type MemberKind = KindWhere<{ takenBy: 'core'; by: 'primary' | 'replica' }> | 'reply';

/** Everything a replica sends. Certificates, requests and decisions prove themselves already. */
export type OutgoingMessage =
  | UnsignedOf<Exclude<MemberKind, 'reply' | 'view-change'>>
  | UnsignedReply
  | UnsignedViewChange
  | Message<KindWhere<{ takenBy: 'core'; passedOn: true }>>
  | Message<KindWhere<{ takenBy: 'core'; by: 'anybody' }>>;

/** What a replica still has to sign, as the core hands it over. */
export type UnsignedMemberMessage =
  UnsignedOf<Exclude<MemberKind, 'view-change'>> | UnsignedViewChange;

/** Whether the replica that sends this still has to sign it. */
export function isUnsigned(message: OutgoingMessage): message is UnsignedMemberMessage {
  const { by } = CATALOGUE[message.kind];
  return (by === 'replica' || by === 'primary') && !('signature' in message);
}

/** Of each of these kinds, the message without its signature. */
export type UnsignedOf<K extends MemberKind> = K extends MemberKind ? Unsigned<Message<K>> : never;

/** Whether it is about a slot, and not about a checkpoint. */
export function isSlotVote(vote: Verified<Vote>): vote is Verified<SlotVote>;
export function isSlotVote(vote: Vote): vote is SlotVote;
export function isSlotVote(vote: Vote): boolean {
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
