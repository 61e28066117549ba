/**
 * The kinds of messages there are. Who encodes, reads, signs, routes or shows messages goes by this
 * and lists no kinds of its own.
 */

import { CATCHING_UP } from './catching-up.js';
import { CONTROL } from './control.js';
import type { Declaration, MessageOf, Taker } from './declaration.js';
import {
  ORDERING,
  type Certificate,
  type Request,
  type RequestList,
  type Vote,
} from './ordering.js';
import { REPLIES } from './replies.js';
import { VIEWS, type ViewChange } from './views.js';

/** By kind, how it is declared. */
export const CATALOGUE = { ...ORDERING, ...REPLIES, ...VIEWS, ...CATCHING_UP, ...CONTROL } as const;

export type MessageKind = keyof typeof CATALOGUE;

/** Messages that replicas hold in another form than the one that travels. */
interface Held {
  readonly request: Request;
  readonly requests: RequestList;
  readonly vote: Vote;
  readonly certificate: Certificate;
  readonly 'view-change': ViewChange;
}

/** The message of a kind. */
export type Message<K extends MessageKind = MessageKind> = {
  [Each in K]: Each extends keyof Held ? Held[Each] : MessageOf<Each, (typeof CATALOGUE)[Each]>;
}[K];

/** The kinds whose declaration says this. */
export type KindWhere<D extends Partial<Declaration>> = {
  [K in MessageKind]: (typeof CATALOGUE)[K] extends D ? K : never;
}[MessageKind];

/** A map and not an object: a peer's `kind` may be `__proto__`. */
const DECLARATIONS: ReadonlyMap<string, Declaration> = new Map(Object.entries(CATALOGUE));

export const KINDS = Object.keys(CATALOGUE) as readonly MessageKind[];

/** @returns undefined for what is no kind */
export function declarationOf(kind: string): Declaration | undefined {
  return DECLARATIONS.get(kind);
}

/** The kinds that one of these acts on. */
export function kindsTakenBy(...takers: readonly Taker[]): readonly MessageKind[] {
  return KINDS.filter((kind) => takers.includes(CATALOGUE[kind].takenBy));
}

/** Whether it is one of these who acts on the message. */
export function isTakenBy<T extends Taker>(
  message: Message,
  taker: T,
): message is Message<KindWhere<{ takenBy: T }>> {
  return CATALOGUE[message.kind].takenBy === taker;
}
