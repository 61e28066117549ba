import { crc32 } from 'node:zlib';
import { Damage } from './store-error.js';

/** A value as it is stored: eight hexadecimal digits of its checksum, a blank, and its JSON. */
export interface CheckedText {
  readonly text: string;
  readonly checksum: number;
}

const DIGITS = 8;

/** The checksum covers the key as well, so that no value passes for another's. */
export function withChecksum(key: string, value: unknown): CheckedText {
  const json = JSON.stringify(value);
  const checksum = checksumOf(key, json);
  return { text: `${hexadecimal(checksum)} ${json}`, checksum };
}

/** @throws Damage when it is not what `withChecksum` made for `key` */
export function readChecked(
  key: string,
  text: string,
): { readonly value: unknown; readonly checksum: number } {
  const json = text.slice(DIGITS + 1);
  const checksum = checksumOf(key, json);
  if (text.slice(0, DIGITS + 1) !== `${hexadecimal(checksum)} `) {
    throw new Damage(`the entry ${JSON.stringify(key.slice(0, 80))} fails its checksum`);
  }
  return { value: JSON.parse(json), checksum };
}

function checksumOf(key: string, json: string): number {
  return crc32(json, crc32(key));
}

function hexadecimal(checksum: number): string {
  return checksum.toString(16).padStart(DIGITS, '0');
}
