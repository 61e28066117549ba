import { describe, expect, it } from 'vitest';
import { peekJsonKind } from './message-kind.js';

const bytes = (content: string): Uint8Array => new TextEncoder().encode(content);

describe('peekJsonKind', () => {
  it.each([
    ['{"kind":"vote","view":3}', 'vote'],
    ['{"kind":"pre-prepare"', 'pre-prepare'],
    ['{"kind":"a1"}', 'a1'],
    [`{"kind":"${'k'.repeat(32)}"`, 'k'.repeat(32)],
    ['{"kind":"constructor"}', 'constructor'],
  ])('reads %s', (content, kind) => {
    expect(peekJsonKind(bytes(content))).toBe(kind);
  });

  it.each([
    '',
    '{',
    '{"kind":',
    '{"kind":"',
    '{"kind":""',
    '{"kind":"vote',
    '{"kind":"Vote"}',
    '{"kind":"vo te"}',
    '{"kind":"vo\\u0074e"}',
    '{"kind":"*"}',
    '{"kind": "vote"}',
    '{"view":3,"kind":"vote"}',
    `{"kind":"${'k'.repeat(33)}"`,
    `{"kind":"${'k'.repeat(1_000_000)}`,
    '\u0000\u0001',
  ])('reads nothing from %.40j', (content) => {
    expect(peekJsonKind(bytes(content))).toBeUndefined();
  });

  it('reads nothing from bytes that are no text', () => {
    expect(peekJsonKind(Uint8Array.from({ length: 256 }, (_, index) => index))).toBeUndefined();
  });
});
