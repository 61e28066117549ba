/** The fields that everything which travels is made of: one spelling for each value. */

import { isWellFormed } from '@ccro/crypto';
import Type from 'typebox';
import { MAX_CHUNK_NAME_CHARACTERS, MAX_MEMBERS } from './limits.js';

export const STRICT = { additionalProperties: false } as const;
export const MAX_U32 = 0xffff_ffff;
const DIGEST_CHARACTERS = 64;

export const COUNTER = count(Number.MAX_SAFE_INTEGER);
export const SMALL_COUNT = count(MAX_U32);
export const REPLICA = count(MAX_MEMBERS - 1);
export const DIGEST = Type.Refine(Type.String(), isDigest);
/** 64 bytes in canonical base64url: the last character carries two bits only. */
export const SIGNATURE = Type.String({ pattern: /^[A-Za-z0-9_-]{85}[AQgw]$/ });
/** The same, or 192 bytes: of a vote, with either scheme. */
export const VOTE_SIGNATURE = Type.String({
  pattern: /^([A-Za-z0-9_-]{85}[AQgw]|[A-Za-z0-9_-]{256})$/,
});
/** The same, or 96 bytes: of a certificate, with either scheme. */
export const PROOF_SIGNATURE = Type.String({
  pattern: /^([A-Za-z0-9_-]{85}[AQgw]|[A-Za-z0-9_-]{128})$/,
});
export const NAME = Type.String({ pattern: /^[A-Za-z0-9_-]{1,64}$/ });
/** Name of a setting and a part of its digest. */
export const SETTING = /^[A-Za-z]{1,32}:[0-9a-f]{16}$/;
/** Empty: the list of chunks. */
export const CHUNK_NAME = Type.String({
  pattern: new RegExp(`^[A-Za-z0-9_/.-]{0,${MAX_CHUNK_NAME_CHARACTERS}}$`),
});

/** A whole number from 0 on. Minus zero is none: digests and what is passed on do not know it. */
function count(maximum: number): ReturnType<typeof Type.Integer> {
  return Type.Refine(Type.Integer({ minimum: 0, maximum }), (value) => !Object.is(value, -0));
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

/** Text that UTF-8 can express, up to a length in UTF-16 code units. */
export function text(maxCharacters: number): ReturnType<typeof Type.String> {
  const fits = (value: string): boolean => value.length <= maxCharacters && isWellFormed(value);
  return Type.Refine(Type.String(), fits);
}
