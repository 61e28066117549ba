/**
 * Messages as readable JSON, `kind` first: `redis-cli psubscribe 'ccro:*'` shows the protocol at
 * work. Nothing here is signed; see `signing-bytes.ts` in `libs/crypto` for what is.
 */

import { CATALOGUE, KINDS, MAX_MESSAGE_BYTES, type MessageKind } from '@ccro/consensus';
import { bytes } from '@ccro/primitives';
import Type from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { type Codec, COMPACT_START, type Decoded, type WireMessage } from './codec.js';
import { propertiesOf, STRICT } from './fields.js';
import { fieldsWriter } from './json-writer.js';
import { nestsTooDeep } from './limits.js';
import { arrivedForm, travelForm } from './travel-forms.js';

const KIND_PREFIX = bytes.fromUtf8('{"kind":"');
const QUOTE = 0x22;
const MAX_KIND_BYTES = 16;

/** So that what names a kind, which is nearly every message, is not spelled anew. */
const KINDS_BY_LENGTH: readonly (readonly MessageKind[])[] = Array.from(
  { length: MAX_KIND_BYTES + 1 },
  (_, length) => KINDS.filter((kind) => kind.length === length),
);

// A byte order mark is no part of JSON, so it is kept and fails to parse.
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

interface KindForm {
  readonly write: (values: object) => string;
  readonly schema: Validator;
  readonly maxBytes: number;
}

/**
 * How each kind is written and read. Unknown properties are refused: what is not checked must not
 * get in. A map and not an object: a peer's `kind` may be `__proto__`.
 */
export const KIND_FORMS: ReadonlyMap<MessageKind, KindForm> = new Map(
  KINDS.map((kind) => {
    const { fields, maxBytes } = CATALOGUE[kind];
    const write = fieldsWriter(fields);
    const shape = Type.Object({ kind: Type.Literal(kind), ...propertiesOf(fields) }, STRICT);
    const schema: Validator = Compile(shape);
    return [kind, { write: (values) => `{"kind":"${kind}"${write(values)}}`, schema, maxBytes }];
  }),
);

/** See `Codec.encode`. Properties beyond the message's own are left out. */
export function encode(message: WireMessage): Uint8Array {
  const { kind, values } = travelForm(message);
  const form = KIND_FORMS.get(kind);
  if (form === undefined) throw new RangeError(`no kind of message: ${kind}`);
  return bytes.fromUtf8(form.write(values));
}

/** See `Codec.decode`. */
export function decode(payload: Uint8Array, cluster: string): Decoded {
  if (payload.length > MAX_MESSAGE_BYTES) return { rejected: 'oversized' };
  if (payload[0] === COMPACT_START) return { rejected: 'other-codec' };
  const kind = peekJson(payload) as MessageKind | undefined;
  if (kind === undefined) return { rejected: 'malformed' };
  const form = KIND_FORMS.get(kind);
  if (form === undefined) return { rejected: 'unknown-kind' };
  if (payload.length > form.maxBytes) return { rejected: 'oversized' };
  if (nestsTooDeep(payload)) return { rejected: 'malformed' };
  let value: unknown;
  try {
    value = JSON.parse(UTF8.decode(payload));
  } catch {
    return { rejected: 'malformed' };
  }
  // The schema is chosen by the first `kind` and demands it of the parsed value, so a second
  // `kind` that says something else is refused.
  const message = form.schema.Check(value) ? arrivedForm(kind, value, cluster) : undefined;
  return message === undefined ? { rejected: 'malformed' } : { message };
}

/** See `Codec.peek`. */
function peekJson(payload: Uint8Array): string | undefined {
  const start = KIND_PREFIX.length;
  for (let index = 0; index < start; index += 1) {
    if (payload[index] !== KIND_PREFIX[index]) return undefined;
  }
  const end = payload.indexOf(QUOTE, start);
  if (end < 0 || end - start > MAX_KIND_BYTES) return undefined;
  const known = KINDS_BY_LENGTH[end - start]?.find((kind) => isAt(payload, start, kind));
  return known ?? String.fromCharCode(...payload.subarray(start, end));
}

function isAt(payload: Uint8Array, start: number, kind: MessageKind): boolean {
  for (let index = 0; index < kind.length; index += 1) {
    if (payload[start + index] !== kind.charCodeAt(index)) return false;
  }
  return true;
}

/** Readable JSON, the default. */
export const json: Codec = { name: 'json', encode, decode, peek: peekJson };
