/**
 * Messages as bytes: one that begins no text, which says that this is the first version of the compact
 * form, one for the kind, then the fields as `compact-fields.ts` spells them. Made from the catalogue, as
 * the JSON is, and holds the same; nothing is signed in it.
 */

import { CATALOGUE, KINDS, MAX_MESSAGE_BYTES, type MessageKind } from '@ccro/consensus';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { type Codec, COMPACT_START, type Decoded, JSON_START, type WireMessage } from './codec.js';
import { type FieldsCodec, fieldsCodec } from './compact-fields.js';
import { arrivedForm, travelForm } from './travel-forms.js';

const HEADER_BYTES = 2;

interface KindCodec extends FieldsCodec {
  readonly kind: MessageKind;
  readonly code: number;
  readonly maxBytes: number;
}

const CODECS: ReadonlyMap<MessageKind, KindCodec> = new Map(
  KINDS.map((kind) => {
    const { code, maxBytes, fields } = CATALOGUE[kind];
    return [kind, { kind, code, maxBytes, ...fieldsCodec(fields) }];
  }),
);

const BY_CODE: readonly (KindCodec | undefined)[] = Array.from({ length: 256 }, (_, code) =>
  [...CODECS.values()].find((each) => each.code === code),
);

/** One for all: nothing that writes a message writes another one. */
const writer = new ByteWriter();

function encode(message: WireMessage): Uint8Array {
  const { kind, values } = travelForm(message);
  const codec = CODECS.get(kind);
  if (codec === undefined) throw new RangeError(`no kind of message: ${kind}`);
  writer.clear();
  writer.byte(COMPACT_START);
  writer.byte(codec.code);
  codec.write(writer, values);
  return writer.take();
}

function decode(payload: Uint8Array, cluster: string): Decoded {
  if (payload.length > MAX_MESSAGE_BYTES) return { rejected: 'oversized' };
  if (payload[0] === JSON_START) return { rejected: 'other-codec' };
  if (payload.length < HEADER_BYTES || payload[0] !== COMPACT_START)
    return { rejected: 'malformed' };
  const codec = codecOf(payload);
  if (codec === undefined) return { rejected: 'unknown-kind' };
  if (payload.length > codec.maxBytes) return { rejected: 'oversized' };
  const message = read(codec, payload, cluster);
  return message === undefined ? { rejected: 'malformed' } : { message };
}

function read(
  { kind, read: readFields }: KindCodec,
  payload: Uint8Array,
  cluster: string,
): WireMessage | undefined {
  const reader = new ByteReader(payload, HEADER_BYTES);
  const values: Record<string, unknown> = { kind };
  try {
    readFields(reader, values);
  } catch {
    return undefined;
  }
  return reader.left === 0 ? arrivedForm(kind, values, cluster) : undefined;
}

function peek(payload: Uint8Array): MessageKind | undefined {
  return payload[0] === COMPACT_START ? codecOf(payload)?.kind : undefined;
}

function codecOf(payload: Uint8Array): KindCodec | undefined {
  return BY_CODE[payload[1] ?? 0];
}

/** Binary messages: much smaller and faster than JSON, but not readable in `redis-cli`. */
export const compact: Codec = { name: 'compact', encode, decode, peek };
