/**
 * The kinds of fields as bytes. One spelling for each value, and what JSON is refused for is refused here:
 *
 * - numbers as varints; `false` and `true` as 0 and 1; words by their place among the words that there are,
 *   a word that stands alone as nothing;
 * - digests and signatures as their bytes, after the place of their length where there are several lengths;
 * - names and other texts as UTF-8 after its length; lists after the number of their items;
 * - what may be missing, and which of two there is, after a byte 0 or 1.
 */

import type { FieldShape, FieldShapes, Request } from '@ccro/consensus';
import { type ByteReader, MALFORMED } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import { nestedForms } from './request-forms.js';

/** How values of one kind are written and read. */
export interface FieldCodec {
  /** Bytes of any value at least: so many of them cannot be there if fewer are left. */
  readonly minBytes: number;
  readonly write: (writer: ByteWriter, value: unknown) => void;
  /** @throws MALFORMED */
  readonly read: (reader: ByteReader) => unknown;
}

/** The fields of a struct, one after another. */
export interface FieldsCodec {
  readonly minBytes: number;
  readonly write: (writer: ByteWriter, values: object) => void;
  /** Adds what it reads to `values`. @throws MALFORMED */
  readonly read: (reader: ByteReader, values: Record<string, unknown>) => void;
}

const DIGEST_BYTES = 32;
/** Characters of base64url for three bytes. */
const BASE64_CHARACTERS = 4;

export function fieldsCodec(shapes: FieldShapes): FieldsCodec {
  const parts = Object.entries(shapes).map(([name, shape]) => ({ name, ...codecOf(shape) }));
  return {
    minBytes: parts.reduce((sum, { minBytes }) => sum + minBytes, 0),
    write: (writer, values) => {
      for (const { name, write } of parts) write(writer, (values as Record<string, unknown>)[name]);
    },
    read: (reader, values) => {
      for (const { name, read } of parts) {
        const value = read(reader);
        if (value !== undefined) values[name] = value;
      }
    },
  };
}

function codecOf(shape: FieldShape): FieldCodec {
  switch (shape.type) {
    case 'number':
      return number(shape.min, shape.max);
    case 'bool':
      return BOOL;
    case 'digest':
      return DIGEST;
    case 'signature':
      return signature(shape.bytes);
    case 'name':
      return text(shape.max, shape.pattern);
    case 'text':
      return text(shape.max);
    case 'word':
      return word(shape.words);
    case 'optional':
      return maybe(codecOf(shape.of), undefined);
    case 'nullable':
      return maybe(codecOf(shape.of), null);
    case 'list':
      return list(codecOf(shape.of), shape.min, shape.max);
    case 'struct':
      return struct(shape.fields);
    case 'either':
      return either(codecOf(shape.first), codecOf(shape.second), shape.isSecond);
    case 'requests': {
      const { minBytes, write, read } = codecOf(shape.form);
      const forms = (value: unknown): unknown => nestedForms(value as readonly Request[]);
      return { minBytes, write: (writer, value) => write(writer, forms(value)), read };
    }
  }
}

function number(min: number, max: number): FieldCodec {
  return {
    minBytes: 1,
    write: (writer, value) => writer.varint(value as number),
    read: (reader) => {
      const value = reader.varint();
      if (value < min || value > max) throw MALFORMED;
      return value;
    },
  };
}

const BOOL: FieldCodec = {
  minBytes: 1,
  write: (writer, value) => writer.byte(value === true ? 1 : 0),
  read: flag,
};

function flag(reader: ByteReader): boolean {
  const value = reader.byte();
  if (value > 1) throw MALFORMED;
  return value === 1;
}

const DIGEST: FieldCodec = {
  minBytes: DIGEST_BYTES,
  write: (writer, value) => writer.encoded(value as string, 'hex', DIGEST_BYTES),
  read: (reader) => reader.encoded('hex', DIGEST_BYTES),
};

function signature(lengths: readonly number[]): FieldCodec {
  const characters = lengths.map((bytes) => Math.ceil((bytes * BASE64_CHARACTERS) / 3));
  const [only] = lengths;
  if (only !== undefined && lengths.length === 1) {
    return {
      minBytes: only,
      write: (writer, value) => writer.encoded(value as string, 'base64url', only),
      read: (reader) => reader.encoded('base64url', only),
    };
  }
  return {
    minBytes: 1 + Math.min(...lengths),
    write: (writer, value) => {
      const place = characters.indexOf((value as string).length);
      writer.byte(place);
      writer.encoded(value as string, 'base64url', lengths[place] ?? 0);
    },
    read: (reader) => {
      const bytes = lengths[reader.byte()];
      if (bytes === undefined) throw MALFORMED;
      return reader.encoded('base64url', bytes);
    },
  };
}

/** @param pattern what it has to match as well */
function text(max: number, pattern?: RegExp): FieldCodec {
  return {
    minBytes: 1,
    write: (writer, value) => writer.text(value as string),
    read: (reader) => {
      const value = reader.text(max);
      if (pattern?.test(value) === false) throw MALFORMED;
      return value;
    },
  };
}

function word(words: readonly string[]): FieldCodec {
  if (words.length === 1) return { minBytes: 0, write: () => undefined, read: () => words[0] };
  return {
    minBytes: 1,
    write: (writer, value) => {
      const place = words.indexOf(value as string);
      if (place < 0) throw new RangeError(`none of ${words.join(', ')}: ${value as string}`);
      writer.byte(place);
    },
    read: (reader) => {
      const value = words[reader.byte()];
      if (value === undefined) throw MALFORMED;
      return value;
    },
  };
}

/** @param missing what stands for a value that there is not */
function maybe({ write, read }: FieldCodec, missing: undefined | null): FieldCodec {
  return {
    minBytes: 1,
    write: (writer, value) => {
      writer.byte(value === missing ? 0 : 1);
      if (value !== missing) write(writer, value);
    },
    read: (reader) => (flag(reader) ? read(reader) : missing),
  };
}

function list(item: FieldCodec, min: number, max: number): FieldCodec {
  const { minBytes, write, read } = item;
  return {
    minBytes: 1 + min * minBytes,
    write: (writer, value) => {
      const items = value as readonly unknown[];
      writer.varint(items.length);
      for (const each of items) write(writer, each);
    },
    read: (reader) => {
      const count = reader.varint();
      if (count < min || count > max || count * minBytes > reader.left) throw MALFORMED;
      const items: unknown[] = [];
      for (let index = 0; index < count; index += 1) items.push(read(reader));
      return items;
    },
  };
}

function struct(shapes: FieldShapes): FieldCodec {
  const { minBytes, write, read } = fieldsCodec(shapes);
  return {
    minBytes,
    write: (writer, value) => write(writer, value as object),
    read: (reader) => {
      const values: Record<string, unknown> = {};
      read(reader, values);
      return values;
    },
  };
}

function either(
  first: FieldCodec,
  second: FieldCodec,
  isSecond: (value: unknown) => boolean,
): FieldCodec {
  return {
    minBytes: 1 + Math.min(first.minBytes, second.minBytes),
    write: (writer, value) => {
      const chosen = isSecond(value) ? second : first;
      writer.byte(chosen === second ? 1 : 0);
      chosen.write(writer, value);
    },
    read: (reader) => (flag(reader) ? second : first).read(reader),
  };
}
