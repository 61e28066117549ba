import type { Decision } from '@ccro/consensus';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from './memory-store.js';

function executed(sequence: number) {
  const decision = { kind: 'decision', sequence, view: 0, digest: `d${sequence}` } as Decision;
  return { kind: 'executed', decision, results: [], ledgerHead: `h${sequence}` } as const;
}

describe('memory store', () => {
  it('keeps decisions, durable at once as far as this process goes', async () => {
    const store = new MemoryStore();
    expect(store.append([1, 2, 3].map(executed))).toBeUndefined();
    const found = await store.decisions(2, 9);
    expect(found.map(({ decision }) => decision.sequence)).toEqual([2, 3]);
    expect(found[0]).toMatchObject({ ledgerHead: 'h2', results: [] });
  });

  it('gives nothing beyond a gap', async () => {
    const store = new MemoryStore();
    store.append([1, 3].map(executed));
    expect(await store.decisions(1, 5)).toHaveLength(1);
    expect(await store.decisions(2, 5)).toEqual([]);
  });
});
