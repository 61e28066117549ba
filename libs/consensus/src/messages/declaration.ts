/** How a kind of message is declared: once, in one of the files beside this one. */

import type { Fields, Flat, ValuesOf } from './fields.js';

/** Who says it and signs for it; `anybody`: it proves itself, whoever brings it. */
export type Sender = 'primary' | 'replica' | 'client' | 'anybody';

/** Who acts on it: the protocol's core, a client, or the node around the core. */
export type Taker = 'core' | 'client' | 'node';

/**
 * Signed: these fields, in this order, each as its kind says. `type` is the byte by which the layout
 * differs from all others; a number is never given a second meaning.
 */
export interface Layout<N extends string = string> {
  readonly type: number;
  readonly fields: readonly N[];
}

/**
 * Signed in another way: a function in `libs/crypto` makes the bytes. By statement, the type of its
 * layout, and what the documentation says of it.
 */
export interface SpecialLayouts {
  readonly statements: Readonly<Record<string, { readonly type: number; readonly says: string }>>;
}

export interface Declaration {
  /** The byte that stands for the kind in the compact codec. Never given a second meaning. */
  readonly code: number;
  readonly by: Sender;
  readonly takenBy: Taker;
  /** In words, for the documentation. */
  readonly channel: string;
  /** Bytes of it at most, with either codec. */
  readonly maxBytes: number;
  /** In the order in which they travel, after `kind`. */
  readonly fields: Fields;
  readonly signed: Layout | SpecialLayouts | 'nothing';
  /**
   * Whether it is read in whatever codec it comes: so that who was told another codec than others finds
   * out, as for every setting.
   */
  readonly inAnyCodec?: boolean;
  /** Whether replicas also pass on what others signed, and what they signed before. */
  readonly passedOn?: boolean;
}

/** A declaration whose layout names fields that there are. */
export function kind<const D extends Declaration>(
  declaration: D & { readonly signed: D['signed'] & SignedBy<D['fields']> },
): D {
  return declaration;
}

type SignedBy<F> = Layout<keyof F & string> | SpecialLayouts | 'nothing';

export function layout<const N extends readonly string[]>(
  type: number,
  ...fields: N
): { readonly type: number; readonly fields: N } {
  return { type, fields };
}

export function special<const S extends SpecialLayouts['statements']>(
  statements: S,
): { readonly statements: S } {
  return { statements };
}

/** The message, as it travels. */
export type MessageOf<K extends string, D extends Declaration> = Flat<
  { readonly kind: K } & ValuesOf<D['fields']>
>;
