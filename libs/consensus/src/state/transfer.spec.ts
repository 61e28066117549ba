import { describe, expect, it } from 'vitest';
import type { Certificate, ChunkPart } from '../messages/index.js';
import { MAX_UNVERIFIED_BYTES, Transfer } from './transfer.js';

const PART_CHARACTERS = 128 * 1024;
const FULL = 'x'.repeat(PART_CHARACTERS);
/** More than a chunk under test has. */
const MANY = 1000;

function transferTo(self: number, previous?: Transfer): Transfer {
  const proof = { scheme: 'words', signers: [0, 1, 2, 3], signatures: [] };
  const certificate = { kind: 'certificate', phase: 'checkpoint', view: 0, sequence: 128, proof };
  return new Transfer(
    { ...certificate, digest: 'd' } as unknown as Certificate<'checkpoint'>,
    self,
    previous,
  );
}

/** Knows of chunks with `names` and has asked for as many as it asks for at a time. */
function listing(names: readonly string[]): { transfer: Transfer; asked: string[] } {
  const transfer = transferTo(0);
  transfer.manifest = { ledgerHead: 'h', chunks: names.map((name) => ({ name, digest: name })) };
  return { transfer, asked: transfer.startNext() };
}

function part(chunk: string, index: number, parts = MANY, text = FULL): ChunkPart {
  const base = { kind: 'chunk-part', replica: 1, sequence: 128, signature: 's' } as const;
  return { ...base, chunk, part: index, parts, text };
}

/** Adds `count` parts of `chunk` from the one at `from` on. */
function feed(transfer: Transfer, chunk: string, count: number, from = 0): void {
  for (let index = from; index < from + count; index += 1) {
    expect(transfer.add(part(chunk, index)).kind).toBe('incomplete');
  }
}

describe('who is asked for a state', () => {
  it('every other replica in turn, each once a round, never itself', () => {
    const transfer = transferTo(2);
    const turns: [number | undefined, number, boolean][] = [];
    for (let turn = 0; turn < 6; turn += 1) {
      turns.push([transfer.source, transfer.rounds, transfer.passOn()]);
    }
    // Whoever asks starts with another one.
    expect(turns).toEqual([
      [3, 0, true],
      [0, 0, true],
      [1, 0, false],
      [3, 1, true],
      [0, 1, true],
      [1, 1, false],
    ]);
  });

  it('who sent what is not certified is not asked again, by a later transfer either', () => {
    const transfer = transferTo(0);
    transfer.drop(2);
    const next = transferTo(0, transfer);
    const asked = [0, 1, 2].map(() => {
      const { source } = next;
      next.passOn();
      return source;
    });
    expect(asked).toEqual([1, 3, 1]);
  });

  it('nobody when all have lied, and each turn is a round', () => {
    const transfer = transferTo(0);
    for (const liar of [1, 2, 3]) transfer.drop(liar);
    expect(transfer.source).toBeUndefined();
    expect(transfer.passOn()).toBe(false);
    expect(transfer.rounds).toBe(1);
  });

  it.each([
    [15, false],
    [16, true],
  ])('who sent %i parts has sent enough: %s', (count, isEnough) => {
    const { transfer } = listing(['a']);
    feed(transfer, 'a', count);
    expect(transfer.takeProgress()).toBe(isEnough);
    // From now on the next ones count.
    expect(transfer.takeProgress()).toBe(false);
  });
});

describe('what a transfer takes', () => {
  it('asks for sixteen chunks at a time', () => {
    const names = Array.from(
      { length: 20 },
      (_, index) => `chunk ${String.fromCharCode(97 + index)}`,
    );
    const { transfer, asked } = listing(names);
    expect(asked).toEqual(names.slice(0, 16));
    expect(transfer.startNext()).toEqual([]);
    transfer.add(part('chunk a', 0, 1, 'text'));
    transfer.chunks.set('chunk a', { name: 'chunk a', text: 'text', digest: 'chunk a' });
    expect(transfer.startNext()).toEqual(['chunk q']);
  });

  it('only the part that comes next, of what it asked for', () => {
    const { transfer } = listing(['a']);
    expect(transfer.add(part('b', 0))).toEqual({ kind: 'unexpected' });
    expect(transfer.add(part('a', 1))).toEqual({ kind: 'unexpected' });
    expect(transfer.add(part('a', 0, 2))).toEqual({ kind: 'incomplete', next: 1 });
    expect(transfer.add(part('a', 0, 2))).toEqual({ kind: 'unexpected' });
    expect(transfer.add(part('a', 1, 2, 'end'))).toEqual({ kind: 'whole', text: `${FULL}end` });
  });

  it('chunks side by side as long as all that is not verified stays within the limit', () => {
    const { transfer } = listing(['a', 'b', 'c']);
    const most = MAX_UNVERIFIED_BYTES / PART_CHARACTERS;
    feed(transfer, 'a', most - 1);
    feed(transfer, 'b', 1);
    // That was all there may be, and nothing is given up for it.
    expect(transfer.add(part('c', 0, 1, 'text')).kind).toBe('whole');
    expect(transfer.add(part('a', most - 1, MANY, FULL.slice(1))).kind).toBe('incomplete');
  });

  it('one chunk after another once several were more than the limit', () => {
    const { transfer } = listing(['a', 'b', 'c']);
    const most = MAX_UNVERIFIED_BYTES / PART_CHARACTERS;
    feed(transfer, 'a', most - 1);
    const kinds = (...indices: number[]) =>
      indices.map((index) => transfer.add(part('b', index, 4)).kind);
    expect(kinds(0, 1)).toEqual(['incomplete', 'incomplete']);
    // The one that was under way goes on, the others start anew when it is here.
    expect(transfer.add(part('a', most - 1)).kind).toBe('unexpected');
    expect(transfer.add(part('c', 0)).kind).toBe('unexpected');
    expect(transfer.startNext()).toEqual([]);
    expect(kinds(2, 3)).toEqual(['incomplete', 'whole']);
    transfer.chunks.set('b', { name: 'b', text: 'text', digest: 'b' });
    expect(transfer.startNext()).toEqual(['a']);
  });
});
