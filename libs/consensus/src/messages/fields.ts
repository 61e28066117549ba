/**
 * The kinds of values that messages are made of, as data. What a field looks like in JSON, in the
 * compact form and among signed bytes, what is refused of it, and its TypeScript type all follow from
 * its kind; nothing of that is written a second time for a message.
 */

import type { Digest, ReplicaId, Signature } from './ids.js';
import { MAX_MEMBERS, MAX_NAME_CHARACTERS, MAX_U32 } from './limits.js';

/** What a program that writes or reads a field has to know of it. */
export type FieldShape =
  /** A whole number; `bytes`: as it is signed. */
  | {
      readonly type: 'number';
      readonly bytes: 4 | 8;
      readonly min: number;
      readonly max: number;
    }
  | { readonly type: 'bool' }
  /** SHA-256: 64 hexadecimal digits. */
  | { readonly type: 'digest' }
  /** Base64url, canonical, of one of these numbers of bytes; each a multiple of 3, or 64. */
  | { readonly type: 'signature'; readonly bytes: readonly number[] }
  /** ASCII of a certain form. Anchored: the whole text has to match. */
  | { readonly type: 'name'; readonly pattern: RegExp; readonly max: number }
  /** Any text that UTF-8 can express, up to `max` UTF-16 code units. */
  | { readonly type: 'text'; readonly max: number }
  /** One of some words. */
  | { readonly type: 'word'; readonly words: readonly string[] }
  /** May be left out of what it is in. */
  | { readonly type: 'optional'; readonly of: FieldShape }
  | { readonly type: 'nullable'; readonly of: FieldShape }
  | {
      readonly type: 'list';
      readonly of: FieldShape;
      readonly min: number;
      readonly max: number;
    }
  | { readonly type: 'struct'; readonly fields: FieldShapes }
  /** One of two, which `isSecond` tells apart. */
  | {
      readonly type: 'either';
      readonly first: FieldShape;
      readonly second: FieldShape;
      readonly isSecond: (value: unknown) => boolean;
    }
  /** Requests inside a message: held whole, travelling in the form that `form` says. */
  | { readonly type: 'requests'; readonly form: FieldShape };

export type FieldShapes = Readonly<Record<string, FieldShape>>;

/**
 * A field of which the compiler knows that it holds a `T`: by `~value`, which no field has when the
 * program runs. A symbol in its place could not be named in declarations of other files.
 */
export type Field<T = unknown, S extends FieldShape = FieldShape> = S & {
  readonly '~value'?: () => T;
};

export type Fields = Readonly<Record<string, Field>>;

/** What a field holds. */
export type ValueOf<F> = F extends { readonly '~value'?: () => infer T } ? T : never;

/** What a struct with these fields is. */
export type ValuesOf<F extends Fields> = Flat<
  { readonly [P in keyof F as IsOptional<F[P], never, P>]: ValueOf<F[P]> } & {
    readonly [P in keyof F as IsOptional<F[P], P, never>]?: ValueOf<F[P]>;
  }
>;

/** As one object type, which is what editors and errors show. */
export type Flat<T> = { [P in keyof T]: T[P] };

type IsOptional<F, Yes, No> = F extends { readonly type: 'optional' } ? Yes : No;

/** Views, sequence numbers, timestamps: any safe integer from 0 on. */
export const u64: Field<number> = number(8, 0, Number.MAX_SAFE_INTEGER);
export const u32: Field<number> = number(4, 0, MAX_U32);
/** Counts of what there is at least one of. */
export const positive: Field<number> = number(4, 1, MAX_U32);
export const replica: Field<ReplicaId> = number(4, 0, MAX_MEMBERS - 1);
export const bool: Field<boolean> = { type: 'bool' };
export const digest: Field<Digest> = { type: 'digest' };
/** Ed25519. */
export const signature: Field<Signature> = { type: 'signature', bytes: [64] };
/** Of a vote: Ed25519 or BLS. */
export const voteSignature: Field<Signature> = { type: 'signature', bytes: [64, 192] };
/** In a certificate: of one vote by Ed25519, or of all by BLS. */
export const proofSignature: Field<Signature> = { type: 'signature', bytes: [64, 96] };
export const name: Field<string> = named(/^[A-Za-z0-9_-]{1,64}$/, MAX_NAME_CHARACTERS);

/** Text of a certain form, all of it ASCII. */
export function named(pattern: RegExp, max: number): Field<string> {
  return { type: 'name', pattern, max };
}

/** @param max UTF-16 code units */
export function text(max: number): Field<string> {
  return { type: 'text', max };
}

export function oneOf<const W extends string>(...words: readonly W[]): Field<W> {
  return { type: 'word', words };
}

export function optional<T>(of: Field<T>): Field<T, Extract<FieldShape, { type: 'optional' }>> {
  return { type: 'optional', of };
}

export function nullable<T>(of: Field<T>): Field<T | null> {
  return { type: 'nullable', of };
}

export function list<T>(of: Field<T>, max: number, min = 0): Field<readonly T[]> {
  return { type: 'list', of, min, max };
}

export function struct<F extends Fields>(fields: F): Field<ValuesOf<F>> {
  return { type: 'struct', fields };
}

export function either<A, B>(
  first: Field<A>,
  second: Field<B>,
  isSecond: (value: unknown) => boolean,
): Field<A | B> {
  return { type: 'either', first, second, isSecond };
}

function number(bytes: 4 | 8, min: number, max: number): FieldShape {
  return { type: 'number', bytes, min, max };
}
