import { describe, expect, it } from 'vitest';
import { isFullPart, manifestText, parseManifest, partsOf } from './manifest.js';

const PART_CHARACTERS = 128 * 1024;
const DIGEST = 'ab'.repeat(32);

function textOf(value: unknown): string {
  return JSON.stringify(value);
}

function listing(...chunks: readonly unknown[]): string {
  return textOf({ ledgerHead: DIGEST, chunks });
}

describe('the list of a state’s chunks', () => {
  it.each([
    ['of no chunk', []],
    ['of several, ascending', ['clients/a', 'clients/b', 'state/a']],
  ])('is read as it was written: one %s', (_, names) => {
    const manifest = {
      ledgerHead: DIGEST,
      chunks: names.map((name) => ({ name, digest: DIGEST })),
    };
    expect(parseManifest(manifestText(manifest))).toEqual(manifest);
  });

  it.each([
    ['no JSON', 'x'],
    ['null', 'null'],
    ['no ledger head', textOf({ chunks: [] })],
    ['a ledger head that is no digest', textOf({ ledgerHead: 'head', chunks: [] })],
    ['a ledger head in a list', textOf({ ledgerHead: [DIGEST], chunks: [] })],
    ['no list', textOf({ ledgerHead: DIGEST, chunks: 'chunks' })],
    ['an entry that is no list', listing(null)],
    ['an entry without a digest', listing(['a'])],
    ['an entry whose digest is none', listing(['a', 'digest'])],
    ['an entry whose name is no text', listing([1, DIGEST])],
    ['the empty name, which stands for the list', listing(['', DIGEST])],
    ['a name twice', listing(['a', DIGEST], ['a', DIGEST])],
    ['names in another order', listing(['b', DIGEST], ['a', DIGEST])],
  ])('is not read from %s', (_, text) => {
    expect(parseManifest(text)).toBeUndefined();
  });
});

describe('the parts that a chunk travels in', () => {
  it.each([
    ['nothing', 0, [0]],
    ['one part', PART_CHARACTERS, [PART_CHARACTERS]],
    ['one character more', PART_CHARACTERS + 1, [PART_CHARACTERS, 1]],
    ['two parts', 2 * PART_CHARACTERS, [PART_CHARACTERS, PART_CHARACTERS]],
  ])('are as long as they may be: %s', (_, characters, lengths) => {
    const text = 'x'.repeat(characters);
    const parts = partsOf(text);
    expect(parts.map(({ length }) => length)).toEqual(lengths);
    expect(parts.join('')).toBe(text);
  });

  it.each([
    ['first', '\u{10000}'],
    ['last', '\u{10ffff}'],
  ])('are not cut through the %s character of two units', (_, pair) => {
    const before = 'x'.repeat(PART_CHARACTERS - 1);
    expect(partsOf(`${before}${pair}yz`)).toEqual([before, `${pair}yz`]);
  });

  it('are cut right behind such a character', () => {
    const before = `${'x'.repeat(PART_CHARACTERS - 2)}\u{10000}`;
    expect(partsOf(`${before}yz`)).toEqual([before, 'yz']);
  });

  it('end where the text does, with half a character too', () => {
    expect(partsOf('x\ud800')).toEqual(['x\ud800']);
  });

  it.each([
    [PART_CHARACTERS - 2, false],
    [PART_CHARACTERS - 1, true],
    [PART_CHARACTERS, true],
    [PART_CHARACTERS + 1, false],
  ])('of %i characters count as full: %s', (characters, isFull) => {
    expect(isFullPart('x'.repeat(characters))).toBe(isFull);
  });
});
