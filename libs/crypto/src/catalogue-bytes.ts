/**
 * Signed bytes of messages whose layouts the catalogue spells out: its fields in fixed widths, in the
 * order of the layout. Names enter as texts, an absent one as the empty text; texts of any length by
 * their SHA-256, a list of names by that of its lines; other lists as a number and their items.
 */

import {
  CATALOGUE,
  type FieldShape,
  type FieldShapes,
  KINDS,
  type KindWhere,
  type Layout,
  type Message,
} from '@ccro/consensus';
import { hashes } from '@ccro/primitives';
import { type LayoutWriter, startLayout, textBytes } from './byte-layout.js';
import { isWellFormed } from './well-formed.js';

/** Kinds of which the catalogue spells out what is signed. */
export type LaidOutKind = KindWhere<{ signed: Layout }>;

export const LAID_OUT_KINDS = KINDS.filter((kind) => {
  const { signed } = CATALOGUE[kind];
  return signed !== 'nothing' && 'type' in signed;
}) as readonly LaidOutKind[];

type LaidOut<K extends LaidOutKind> = (typeof CATALOGUE)[K]['signed']['fields'][number];

/** What of a message is signed; the rest may be there as well. */
export type Signed<K extends LaidOutKind> = Pick<Message<K>, LaidOut<K> & keyof Message<K>> &
  Partial<Message<K>>;

/** How values of one kind are signed. */
interface Part {
  /** Bytes that any value takes. */
  readonly bytes: number;
  /** Bytes that this one takes besides. */
  readonly more?: (value: unknown) => number;
  readonly put: (layout: LayoutWriter, value: unknown) => void;
}

interface NamedPart extends Part {
  readonly name: string;
}

type Values = Readonly<Record<string, unknown>>;

/** The function that makes the signed bytes of messages of a kind. */
export function bytesOf<K extends LaidOutKind>(
  kind: K,
): (cluster: string, message: Signed<K>) => Uint8Array {
  const { fields, signed } = CATALOGUE[kind];
  const { type, fields: names } = signed as Layout;
  const parts = names.map((name) => named(name, (fields as FieldShapes)[name]));
  const fixed = sumOf(parts);
  const varying = parts.filter(({ more }) => more !== undefined);
  return (cluster, message) => {
    const values = message as Values;
    const size = varying.length === 0 ? fixed : fixed + moreOf(varying, values);
    const layout = startLayout(type, cluster, size);
    for (const { name, put } of parts) put(layout, values[name]);
    return layout.finish();
  };
}

/** The fields of each kind that are signed by their SHA-256. */
const TEXTS: ReadonlyMap<string, readonly string[]> = new Map(
  LAID_OUT_KINDS.map((kind) => {
    const { fields, signed } = CATALOGUE[kind];
    return [kind, signed.fields.filter((name) => (fields as FieldShapes)[name]?.type === 'text')];
  }),
);

/** Whether UTF-8 can express each text in it that is signed. */
export function hasWellFormedTexts(message: { readonly kind: string }): boolean {
  const names = TEXTS.get(message.kind);
  if (names === undefined || names.length === 0) return true;
  return names.every((name) => isWellFormed((message as unknown as Values)[name] as string));
}

function named(name: string, shape: FieldShape | undefined): NamedPart {
  if (shape === undefined) throw new RangeError(`no field ${name} to be signed`);
  return { name, ...partOf(shape) };
}

function partOf(shape: FieldShape): Part {
  switch (shape.type) {
    case 'number':
      return shape.bytes === 8
        ? { bytes: 8, put: (layout, value) => layout.u64(value as number) }
        : { bytes: 4, put: (layout, value) => layout.u32(value as number) };
    case 'bool':
      return { bytes: 1, put: (layout, value) => layout.u8(value === true ? 1 : 0) };
    case 'digest':
      return { bytes: 32, put: (layout, value) => layout.digest(value as string) };
    case 'name':
      return NAME;
    case 'text':
      return { bytes: 32, put: (layout, value) => layout.digest(hashes.sha256(value as string)) };
    case 'nullable':
      if (shape.of.type === 'name') return NAME;
      break;
    case 'list':
      return shape.of.type === 'name' ? LINES : listOf(partOf(shape.of));
    case 'struct':
      return structOf(shape.fields);
    default:
  }
  throw new RangeError(`no layout has a field of type ${shape.type}`);
}

const NAME: Part = {
  bytes: 4,
  more: (value) => textBytes((value as string | null) ?? ''),
  put: (layout, value) => layout.text((value as string | null) ?? ''),
};

const LINES: Part = {
  bytes: 32,
  put: (layout, value) => layout.digest(hashes.sha256((value as readonly string[]).join('\n'))),
};

function listOf(item: Part): Part {
  const { bytes, more = () => 0, put } = item;
  return {
    bytes: 4,
    more: (value) =>
      (value as readonly unknown[]).reduce<number>((sum, each) => sum + bytes + more(each), 0),
    put: (layout, value) => {
      const items = value as readonly unknown[];
      layout.u32(items.length);
      for (const each of items) put(layout, each);
    },
  };
}

function structOf(shapes: FieldShapes): Part {
  const parts = Object.entries(shapes).map(([name, shape]) => named(name, shape));
  return {
    bytes: sumOf(parts),
    more: (value) => moreOf(parts, value as Values),
    put: (layout, value) => {
      for (const { name, put } of parts) put(layout, (value as Values)[name]);
    },
  };
}

function sumOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { bytes }) => sum + bytes, 0);
}

function moreOf(parts: readonly NamedPart[], values: Values): number {
  let bytes = 0;
  for (const { name, more } of parts) if (more !== undefined) bytes += more(values[name]);
  return bytes;
}
