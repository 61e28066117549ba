import { describe, expect, it } from 'vitest';
import type { Chunk } from '../model/durable.js';
import type { Digests } from '../model/ports.js';
import { ClientTable } from './client-table.js';
import { StateChunks } from './state-chunks.js';

const DIGESTS: Digests = {
  batch: (requests) => requests.join(),
  ledgerLink: (previous, batch) => `${previous}>${batch}`,
  chunk: (name, text) => `${name}=${text}`,
  checkpoint: ({ chunks }) => chunks.map(({ digest }) => digest).join(),
};

/** Chunks of a state machine whose changes are written down by hand. */
function chunksOf(): {
  readonly chunks: StateChunks;
  readonly clients: ClientTable;
  readonly change: (name: string, text: string) => void;
} {
  const changes = new Map<string, string>();
  const takeChanges = (): ReadonlyMap<string, string> => {
    const taken = new Map(changes);
    changes.clear();
    return taken;
  };
  const stateMachine = { execute: () => 'done', takeChanges, load: () => undefined };
  const clients = new ClientTable(4);
  const chunks = new StateChunks(clients, { digests: DIGESTS, stateMachine });
  return { chunks, clients, change: (name, text) => void changes.set(name, text) };
}

function chunk(name: string, text: string): Chunk {
  return { name, text, digest: DIGESTS.chunk(name, text) };
}

describe('the chunks of a state', () => {
  it.each([
    ['ascending', ['a', 'b', 'c']],
    ['descending', ['c', 'b', 'a']],
    ['mixed', ['b', 'c', 'a']],
  ])('give the same digest in whatever order they came about: %s', (_, names) => {
    const { chunks, change } = chunksOf();
    for (const name of names) change(name, '1');
    expect(chunks.digest(1, 'head')).toBe('state/a=1,state/b=1,state/c=1');
  });

  it('are stored when they changed', () => {
    const { chunks, change } = chunksOf();
    change('a', '1');
    expect(chunks.takeUnsaved()).toEqual([{ name: 'state/a', chunk: chunk('state/a', '1') }]);
    change('a', '1');
    change('b', '2');
    expect(chunks.takeUnsaved()).toEqual([{ name: 'state/b', chunk: chunk('state/b', '2') }]);
    expect(chunks.takeUnsaved()).toEqual([]);
  });

  it('are no more when there is nothing in them', () => {
    const { chunks, change } = chunksOf();
    change('a', '1');
    change('b', '');
    // There was none, so that none goes away.
    expect(chunks.takeUnsaved().map(({ name }) => name)).toEqual(['state/a']);
    change('a', '');
    expect(chunks.takeUnsaved()).toEqual([{ name: 'state/a', chunk: null }]);
    expect(chunks.digest(1, 'head')).toBe('');
  });

  it('bring back what each client was answered', () => {
    const executed = { timestamp: 7, request: 'r', sequence: 1, batch: 'b', result: '1' };
    const before = chunksOf();
    before.clients.record('c', executed);
    const stored = before.chunks.takeUnsaved().flatMap((each) => each.chunk ?? []);
    const after = chunksOf();
    after.chunks.load(stored);
    expect(after.clients.lookup('c', 7)).toEqual({ kind: 'executed', result: executed });
    expect(after.chunks.digest(1, 'head')).toBe(before.chunks.digest(1, 'head'));
  });
});
