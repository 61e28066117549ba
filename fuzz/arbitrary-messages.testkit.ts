/**
 * A fast-check arbitrary for every kind of message, made from the schema that the codec checks: a kind that is
 * added is fuzzed from then on. Digests are drawn from what the cluster knows as well, so that some messages are
 * about something.
 */

import type { MessageKind } from '@ccro/consensus';
import fc from 'fast-check';
import { KIND_FORMS } from '../libs/wire/src/json-codec.js';

/** The part of JSON schema that the messages use. */
interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: RegExp;
}

export interface Vocabulary {
  /** Digests that replicas know. */
  readonly digests: readonly string[];
  readonly clients: readonly string[];
  readonly n: number;
}

const HEX = fc.string({
  unit: fc.nat({ max: 15 }).map((digit) => digit.toString(16)),
  minLength: 64,
  maxLength: 64,
});
const SIGNATURE = fc.constant(`${'A'.repeat(86)}`);
const DIGEST_FIELDS = new Set(['digest', 'root', 'batch', 'request', 'requests']);

/** Messages of that kind which pass its schema. */
export function arbitraryMessage(
  kind: MessageKind,
  words: Vocabulary,
): fc.Arbitrary<Record<string, unknown>> {
  const schema = KIND_FORMS.get(kind)?.schema.Type() as unknown as Schema;
  return arbitraryOf(schema, '', words) as fc.Arbitrary<Record<string, unknown>>;
}

function arbitraryOf(schema: Schema, field: string, words: Vocabulary): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one) => arbitraryOf(one, field, words)));
  switch (schema.type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return integer(schema, field, words);
    case 'string':
      return text(schema, field, words);
    case 'array': {
      const items = arbitraryOf(schema.items ?? {}, field, words);
      return fc.array(items, { minLength: schema.minItems ?? 0, maxLength: 6 });
    }
    case 'object':
      return fc.record(
        Object.fromEntries(
          Object.entries(schema.properties ?? {}).map(([name, property]) => [
            name,
            arbitraryOf(property, name, words),
          ]),
        ),
      );
    default:
      throw new Error(`the schema of ${field} has a type that is not drawn: ${schema.type}`);
  }
}

function integer(
  { minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: Schema,
  field: string,
  { n }: Vocabulary,
): fc.Arbitrary<number> {
  if (field === 'replica' || field === 'collector' || field === 'signers') {
    return fc.oneof({ weight: 9, arbitrary: fc.nat({ max: n - 1 }) }, fc.nat({ max: maximum }));
  }
  return fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: minimum, max: minimum + 24 }) },
    { weight: 1, arbitrary: fc.constantFrom(maximum, maximum - 1) },
    { weight: 1, arbitrary: fc.integer({ min: minimum, max: maximum }) },
  );
}

function text({ pattern }: Schema, field: string, words: Vocabulary): fc.Arbitrary<string> {
  if (DIGEST_FIELDS.has(field) || (field === 'signed' && pattern === undefined)) {
    return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...words.digests) }, HEX);
  }
  switch (field) {
    case 'signature':
    case 'signatures':
      return SIGNATURE;
    case 'client':
      return fc.constantFrom(...words.clients);
    case 'id':
      return fc.constantFrom('a', 'b-1');
    case 'scheme':
      return fc.constantFrom('ed25519', 'bls', 'none');
    case 'chunk':
      return fc.constantFrom('', 'kv/0', 'ledger', 'kv/255');
    default:
      return fc.oneof(
        fc.string({ unit: 'grapheme', maxLength: 40 }),
        fc.constantFrom('{"type":"append","value":1}', '{}', '\u0001'.repeat(2_000)),
      );
  }
}
