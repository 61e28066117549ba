import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RequestResult } from '../messages/index.js';
import { MAX_CHUNK_BYTES } from './chunk-limit.js';
import { ClientTable, DROPPED_RESULT, MAX_RESULT_BYTES } from './client-table.js';

const KIB = 1024;

function resultOf(timestamp: number, result = '1', sequence = timestamp): RequestResult {
  return { timestamp, request: `r${timestamp}`, sequence, batch: `b${sequence}`, result };
}

function kindOf(table: ClientTable, timestamp: number): string {
  return table.lookup('a', timestamp).kind;
}

function resultIn(table: ClientTable, timestamp: number): string | undefined {
  const seen = table.lookup('a', timestamp);
  return seen.kind === 'executed' ? seen.result.result : undefined;
}

/** Bytes on the heap once nothing is on it that nobody needs. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

describe('what a client may have outstanding and what a replica remembers', () => {
  it('A3: a request that has not executed is new, however much the results of others take', () => {
    const table = new ClientTable(100, 8 * KIB);
    const large = 'x'.repeat(KIB);
    for (let timestamp = 2; timestamp <= 100; timestamp += 1) {
      table.record('a', resultOf(timestamp, large));
    }
    expect(kindOf(table, 1)).toBe('new');
    table.record('a', resultOf(1));
    expect(kindOf(table, 1)).toBe('executed');
  });

  it('A3: who lost the reply hears where it executed, never that the request is stale', () => {
    const table = new ClientTable(100, 8 * KIB);
    for (let timestamp = 1; timestamp <= 20; timestamp += 1) {
      table.record('a', resultOf(timestamp, 'x'.repeat(KIB)));
    }
    for (let timestamp = 1; timestamp <= 12; timestamp += 1) {
      expect(table.lookup('a', timestamp)).toEqual({
        kind: 'executed',
        result: resultOf(timestamp, DROPPED_RESULT),
      });
      expect(() => table.record('a', resultOf(timestamp))).toThrow(/integrity/);
    }
    for (let timestamp = 13; timestamp <= 20; timestamp += 1) {
      expect(resultIn(table, timestamp)).toMatch(/^x+$/);
    }
  });

  it('A3: keeps the newest result however large it is, and drops in the order of execution', () => {
    const table = new ClientTable(10, 10);
    table.record('a', resultOf(9, 'nine'));
    table.record('a', resultOf(3, 'three'));
    table.record('a', resultOf(7, 'seven'));
    expect(resultIn(table, 9)).toBe(DROPPED_RESULT);
    expect(resultIn(table, 3)).toBe('three');
    table.record('a', resultOf(8, 'longer than ten bytes'));
    expect(resultIn(table, 3)).toBe(DROPPED_RESULT);
    expect(resultIn(table, 8)).toBe('longer than ten bytes');
  });

  it('A3: a client that keeps to the window is never refused, and both sides count timestamps', () => {
    const window = 8;
    // Each step executes one of the requests outstanding, then the client fills its window again.
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(window - 1), fc.nat(40)), { maxLength: 60 }),
        (steps) => {
          const table = new ClientTable(window, 50);
          const waiting = new Set<number>();
          let next = 0;
          for (const [choice, length] of steps) {
            for (; next - Math.min(next, ...waiting) < window; next += 1) waiting.add(next);
            for (const timestamp of waiting) expect(kindOf(table, timestamp)).toBe('new');
            const chosen = [...waiting][choice % waiting.size] ?? 0;
            table.record('a', resultOf(chosen, 'x'.repeat(length)));
            waiting.delete(chosen);
          }
        },
      ),
    );
  });

  it('A3: goes on alike after a restart or a state transfer, results that were dropped included', () => {
    // Less than is spelled at a time, and more.
    const limits = fc.constantFrom<[number, number]>([10, 60], [150, 700]);
    const records = fc.uniqueArray(fc.tuple(fc.nat(600), fc.nat(20)), {
      selector: ([timestamp]) => timestamp,
      maxLength: 400,
      size: 'max',
    });
    fc.assert(
      fc.property(limits, records, fc.nat(400), ([window, bytes], recorded, at) => {
        const executed = new ClientTable(window, bytes);
        let restored = new ClientTable(window, bytes);
        recorded.forEach(([timestamp, length], index) => {
          if (index === at) {
            const chunks = executed.takeChanges();
            restored = new ClientTable(window, bytes);
            restored.load(chunks);
          }
          for (const table of [executed, restored]) {
            if (kindOf(table, timestamp) !== 'new') continue;
            table.record('a', resultOf(timestamp, 'x'.repeat(length), index));
          }
        });
        executed.record('a', resultOf(1000));
        restored.record('a', resultOf(1000));
        expect(restored.takeChanges()).toEqual(executed.takeChanges());
      }),
      // Lists so long shrink for minutes.
      { endOnFailure: true },
    );
  });

  it('A3, sibling: results count in bytes, whatever their characters', () => {
    for (const [character, bytes] of [
      ['\u0001', 6],
      ['\uffff', 3],
      ['"', 2],
      ['é', 2],
    ] as const) {
      const table = new ClientTable(10, 60);
      for (const timestamp of [1, 2, 3]) {
        table.record('a', resultOf(timestamp, character.repeat(30 / bytes)));
      }
      const kept = [1, 2, 3].filter((timestamp) => resultIn(table, timestamp) !== DROPPED_RESULT);
      expect(kept).toEqual([2, 3]);
    }
  });

  it('knows the newest timestamp of each client, in whatever order they executed', () => {
    const table = new ClientTable(3);
    expect(table.newest('a')).toBeUndefined();
    for (const timestamp of [5, 9, 7]) table.record('a', resultOf(timestamp));
    expect([table.newest('a'), table.newest('b')]).toEqual([9, undefined]);
  });

  it.each([1, 2])('never executes timestamp %i again, which lies below the window', (timestamp) => {
    const table = new ClientTable(2);
    for (const executed of [1, 2, 3, 4]) table.record('a', resultOf(executed));
    expect(kindOf(table, timestamp)).toBe('stale');
    expect(() => table.record('a', resultOf(timestamp))).toThrow(
      `request a/${timestamp} would execute twice`,
    );
  });

  it('counts no results that left the window', () => {
    const table = new ClientTable(2, 20);
    for (const timestamp of [1, 2, 3]) table.record('a', resultOf(timestamp, 'nine char'));
    expect([2, 3].map((timestamp) => resultIn(table, timestamp))).not.toContain(DROPPED_RESULT);
  });

  it('goes on counting where results left the window that had been dropped before', () => {
    const table = new ClientTable(3, 10);
    for (let timestamp = 1; timestamp <= 8; timestamp += 1) {
      table.record('a', resultOf(timestamp, 'nine char'));
    }
    expect([6, 7, 8].map((timestamp) => resultIn(table, timestamp))).toEqual([
      DROPPED_RESULT,
      DROPPED_RESULT,
      'nine char',
    ]);
  });

  it('forgets the lowest timestamp first after a restart, whatever executed first', () => {
    const before = new ClientTable(3);
    for (const timestamp of [3, 1, 2]) before.record('a', resultOf(timestamp));
    const table = new ClientTable(3);
    table.load(before.takeChanges());
    expect(table.newest('a')).toBe(3);
    table.record('a', resultOf(4));
    expect([1, 2, 3, 4].map((timestamp) => kindOf(table, timestamp))).toEqual([
      'stale',
      'executed',
      'executed',
      'executed',
    ]);
  });

  it('takes no more memory the more was executed', () => {
    const table = new ClientTable(64);
    const execute = (from: number, to: number): void => {
      for (let timestamp = from; timestamp < to; timestamp += 1) {
        table.record('a', resultOf(timestamp));
      }
    };
    execute(0, 1000);
    const before = heapBytes();
    // At 80 bytes for each that were kept for ever 16 MB.
    execute(1000, 200_000);
    expect(heapBytes() - before).toBeLessThan(4 * KIB * KIB);
    expect(kindOf(table, 199_999)).toBe('executed');
  });

  it('A2, sibling: the largest entry of a client can be transferred', () => {
    const WINDOW = 65_536;
    const digest = 'ab'.repeat(32);
    const table = new ClientTable(WINDOW);
    const start = Number.MAX_SAFE_INTEGER - 2 * WINDOW;
    const each = Math.floor(MAX_RESULT_BYTES / WINDOW / 6);
    for (let index = 0; index < WINDOW; index += 1) {
      const timestamp = start + index;
      const result = index === 0 ? '' : '\u0001'.repeat(each);
      table.record('a', { timestamp, request: digest, sequence: timestamp, batch: digest, result });
    }
    const text = table.takeChanges().get('a') ?? '';
    expect(text.length).toBeGreaterThan(MAX_RESULT_BYTES);
    expect(Buffer.byteLength(text)).toBeLessThan(MAX_CHUNK_BYTES);
  });
});
