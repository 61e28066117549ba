/** The kinds of fields as schemas: one spelling for each value. */

import { fields, type FieldShape, type FieldShapes } from '@ccro/consensus';
import { isWellFormed } from '@ccro/crypto';
import Type, { type TInteger, type TSchema, type TString } from 'typebox';

export const STRICT = { additionalProperties: false } as const;
const DIGEST_CHARACTERS = 64;

export const COUNTER = schemaOf(fields.u64) as TInteger;
export const SMALL_COUNT = schemaOf(fields.u32) as TInteger;
export const REPLICA = schemaOf(fields.replica) as TInteger;
export const DIGEST = schemaOf(fields.digest) as TString;
export const SIGNATURE = schemaOf(fields.signature) as TString;
export const PROOF_SIGNATURE = schemaOf(fields.proofSignature) as TString;
export const NAME = schemaOf(fields.name) as TString;

/** What JSON of a field is checked against. Unknown properties of structs are refused. */
export function schemaOf(shape: FieldShape): TSchema {
  switch (shape.type) {
    case 'number':
      return count(shape.min, shape.max);
    case 'bool':
      return Type.Boolean();
    case 'digest':
      return Type.Refine(Type.String(), isDigest);
    case 'signature':
      return Type.String({ pattern: signaturePattern(shape.bytes) });
    case 'name':
      return Type.String({ pattern: shape.pattern });
    case 'text':
      return text(shape.max);
    case 'word':
      return oneOf(shape.words.map((word) => Type.Literal(word)));
    case 'optional':
      return Type.Optional(schemaOf(shape.of));
    case 'nullable':
      return Type.Union([Type.Null(), schemaOf(shape.of)]);
    case 'list':
      return Type.Array(schemaOf(shape.of), {
        ...(shape.min > 0 && { minItems: shape.min }),
        maxItems: shape.max,
      });
    case 'struct':
      return Type.Object(propertiesOf(shape.fields), STRICT);
    case 'either':
      return Type.Union([schemaOf(shape.first), schemaOf(shape.second)]);
    case 'requests':
      return schemaOf(shape.form);
  }
}

export function propertiesOf(shapes: FieldShapes): Record<string, TSchema> {
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, schemaOf(shape)]));
}

/** Text that UTF-8 can express, up to a length in UTF-16 code units. */
export function text(maxCharacters: number): TString {
  const fits = (value: string): boolean => value.length <= maxCharacters && isWellFormed(value);
  return Type.Refine(Type.String(), fits);
}

/** A whole number, but not minus zero, which digests and passed on messages cannot express. */
function count(minimum: number, maximum: number): TInteger {
  return Type.Refine(Type.Integer({ minimum, maximum }), (value) => !Object.is(value, -0));
}

function oneOf(schemas: readonly TSchema[]): TSchema {
  const [only] = schemas;
  return only !== undefined && schemas.length === 1 ? only : Type.Union([...schemas]);
}

/** 64 hexadecimal digits, as digests are spelt: there are so many of them that a pattern tells. */
function isDigest(value: string): boolean {
  if (value.length !== DIGEST_CHARACTERS) return false;
  for (let index = 0; index < DIGEST_CHARACTERS; index += 1) {
    const code = value.charCodeAt(index);
    const isDigit = code >= 0x30 && code <= 0x39;
    if (!isDigit && (code < 0x61 || code > 0x66)) return false;
  }
  return true;
}

/** Canonical base64url: where bytes are left over, 64 of them, the last character carries two bits only. */
function signaturePattern(lengths: readonly number[]): RegExp {
  const each = lengths.map((bytes) => {
    const whole = Math.floor((bytes * 4) / 3);
    return `[A-Za-z0-9_-]{${whole}}${bytes % 3 === 0 ? '' : '[AQgw]'}`;
  });
  return new RegExp(`^(${each.join('|')})$`);
}
