import { describe, expect, it } from 'vitest';
import { decode } from './json-codec.js';
import { MAX_CHUNK_NAME_CHARACTERS, MAX_CHUNK_PART_CHARACTERS } from '@ccro/consensus';

const shared = { replica: 1, sequence: 128, chunk: 'state/kv/3f', part: 0 };
const signature = 'A'.repeat(86);
const fetch = { kind: 'fetch-chunk', ...shared, signature };
const part = { kind: 'chunk-part', ...shared, parts: 1, text: '[["a",1,1]]', signature };

function outcome(value: unknown): string {
  const payload = Buffer.from(JSON.stringify(value), 'utf8');
  return decode(payload, 'local').rejected ?? 'message';
}

describe('messages about chunks', () => {
  it('have room for the largest parts, however they are spelt', () => {
    const largest = {
      sequence: Number.MAX_SAFE_INTEGER,
      replica: 1023,
      chunk: 'a'.repeat(MAX_CHUNK_NAME_CHARACTERS),
      part: 2 ** 32 - 1,
    };
    for (const character of ['\u0001', '"', '\uffff', '[']) {
      const text = character.repeat(MAX_CHUNK_PART_CHARACTERS);
      const payload = { ...part, ...largest, parts: 2 ** 32 - 1, text };
      expect(outcome(payload)).toBe('message');
      expect(outcome({ ...part, text: `${text}x` })).toBe('malformed');
    }
    const smiles = '\u{1f600}'.repeat(MAX_CHUNK_PART_CHARACTERS / 2);
    expect(outcome({ ...part, text: smiles })).toBe('message');
    expect(outcome({ ...fetch, ...largest })).toBe('message');
  });

  it('are refused with other names, numbers and texts', () => {
    const long = 'a'.repeat(MAX_CHUNK_NAME_CHARACTERS + 1);
    for (const message of [part, fetch]) {
      expect(outcome({ ...message, chunk: '' })).toBe('message');
      for (const chunk of [long, 'a b', 'é', 'a\n', '\n', 'a\\b', 7, null]) {
        expect(outcome({ ...message, chunk })).toBe('malformed');
      }
      for (const number of [-1, 0.5, 2 ** 32, '0', null]) {
        expect(outcome({ ...message, part: number })).toBe('malformed');
      }
    }
    for (const parts of [0, -1, 1.5, 2 ** 32]) {
      expect(outcome({ ...part, parts })).toBe('malformed');
    }
    expect(outcome({ ...part, text: 'a\ud83d' })).toBe('malformed');
  });
});
