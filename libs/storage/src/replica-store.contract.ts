/** What every `ReplicaStore` must do; each implementation's spec calls it. */

import type { Request, StoreRecord } from '@ccro/consensus';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import {
  appends,
  certified,
  change,
  checkpoint,
  executed,
  executedWith,
  expectedDecisions,
  expectedOf,
  request,
  resultsOf,
  signedTogether,
  snapshot,
  withRequests,
} from './records.testkit.js';
import type { HeldSnapshot, ReplicaStore } from './replica-store.js';

/** What `read` gives, and how many characters of JSON were parsed for it. */
export async function countingParsed<T>(
  read: () => Promise<T>,
): Promise<{ readonly value: T; readonly parsed: number }> {
  const spy = vi.spyOn(JSON, 'parse');
  try {
    const value = await read();
    return { value, parsed: spy.mock.calls.reduce((sum, [text]) => sum + text.length, 0) };
  } finally {
    spy.mockRestore();
  }
}

/** @param open makes a new, empty store, which is closed when the test has finished */
export function describeReplicaStoreContract(
  name: string,
  open: () => Promise<ReplicaStore>,
): void {
  const slots = (from: number, to: number): StoreRecord[] =>
    Array.from({ length: to - from + 1 }, (_, index) => executed(from + index));

  async function sequencesOf(store: ReplicaStore, first: number, last: number): Promise<number[]> {
    return (await store.decisions(first, last)).map(({ decision }) => decision.sequence);
  }

  async function contentOf(held: HeldSnapshot | undefined): Promise<unknown> {
    if (held === undefined) return undefined;
    const { sequence, ledgerHead, chunks } = held;
    const texts = await Promise.all(chunks.map((chunk) => held.text(chunk.name)));
    const whole = chunks.map((chunk, index) => ({ ...chunk, text: texts[index] }));
    return { sequence, ledgerHead, chunks: whole };
  }

  describe(`${name}: what every store does`, () => {
    it('is empty at first', async () => {
      const store = await open();
      expect(await store.restore()).toBeUndefined();
      expect(await store.decisions(1, 10)).toEqual([]);
      expect(await store.snapshot(0)).toBeUndefined();
      expect(await store.snapshot(4)).toBeUndefined();
    });

    it('gives decisions back, whole and in order', async () => {
      const store = await open();
      await store.append([executed(1), executed(2)]);
      await store.append([executed(3)]);
      const records = [1, 2, 3].map((sequence) => executed(sequence));
      expect(await store.decisions(1, 3)).toEqual(expectedDecisions(records));
      expect(await sequencesOf(store, 2, 2)).toEqual([2]);
      expect(await sequencesOf(store, 2, 99)).toEqual([2, 3]);
      expect(await sequencesOf(store, 4, 99)).toEqual([]);
      expect(await sequencesOf(store, 3, 2)).toEqual([]);
      expect(await sequencesOf(store, 0, 2)).toEqual([]);
    });

    it('A4: reads no more decisions than were allowed, but one in any case', async () => {
      const store = await open();
      await store.append([executed(1), executed(2), executed(3)]);
      const found = async (maxCharacters: number): Promise<number[]> =>
        (await store.decisions(1, 3, maxCharacters)).map(({ decision }) => decision.sequence);
      expect(await found(1)).toEqual([1]);
      expect(await found(1_000_000)).toEqual([1, 2, 3]);
    });

    it('A5, sibling: reads decisions without their results, however long these are', async () => {
      const store = await open();
      const long = Array.from({ length: 8 }, () => 'x'.repeat(100_000));
      const records = [1, 2, 3, 4].map((sequence) => executedWith(sequence, long));
      for (const record of records) await store.append([record]);
      const { parsed, value } = await countingParsed(() => store.decisions(1, 4, 20_000));
      expect(value).toEqual(expectedDecisions(records));
      expect(JSON.stringify(value).length).toBeLessThan(20_000);
      expect(parsed).toBeLessThan(20_000);
    });

    it('A5, sibling: reads one result without the others of its slot', async () => {
      const store = await open();
      const texts = Array.from({ length: 64 }, (_, index) => String(index).repeat(50_000));
      await store.append([executedWith(1, texts)]);
      const { parsed, value } = await countingParsed(() => store.result(1, 'gateway', 41));
      expect(value?.result.result).toBe(texts[40]);
      expect(parsed).toBeLessThan(300_000);
    });

    it('gives the result of each request that executed in a slot, and of no other', async () => {
      const store = await open();
      const large = 'x'.repeat(90_000);
      const texts = [undefined, large, undefined, large, 'small', '', undefined, large, undefined];
      const record = executedWith(1, texts);
      await store.append([record, executedWith(2, [])]);
      const found = [];
      for (let timestamp = 1; timestamp <= texts.length; timestamp += 1) {
        found.push((await store.result(1, 'gateway', timestamp))?.result.result);
      }
      expect(found).toEqual(texts);
      expect((await store.result(1, 'gateway', 2))?.decision).toEqual(record.decision);
      expect(await store.result(1, 'gateway', 99)).toBeUndefined();
      expect(await store.result(1, 'other', 2)).toBeUndefined();
      expect(await store.result(2, 'gateway', 1)).toBeUndefined();
      expect(await store.result(3, 'gateway', 1)).toBeUndefined();
    });

    it('gives back requests that were signed together, in the order of the batch', async () => {
      const store = await open();
      const batches = [signedTogether(1, 'a', 'b', 'c'), signedTogether(4, 'd', 'e')];
      const [[a, b, c], [d, e]] = batches as unknown as [Request[], Request[]];
      const requests = [c, a, request(6, 'alone'), b, d, e].flatMap((each) => each ?? []);
      const record = withRequests(executed(1), requests);
      await store.append([record]);
      const [found] = await store.decisions(1, 1);
      expect(found?.decision.requests).toEqual(requests);
    });

    it('keeps appends in flight in order', async () => {
      const store = await open();
      const units = Array.from({ length: 50 }, (_, index) => [executed(index + 1)]);
      await Promise.all(units.map(async (records) => store.append(records)));
      expect(await sequencesOf(store, 1, 50)).toHaveLength(50);
    });

    it('keeps decisions below a stable checkpoint', async () => {
      const store = await open();
      await store.append([...slots(1, 8), checkpoint(4), checkpoint(8)]);
      await store.append([certified('checkpoint', 8)]);
      expect(await sequencesOf(store, 1, 99)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    });

    it('gives nothing beyond a state that was taken over without the decisions before', async () => {
      const store = await open();
      await store.append([...slots(1, 3), certified('checkpoint', 8), snapshot(8, { a: '1' })]);
      await store.append(slots(9, 10));
      expect(await sequencesOf(store, 1, 99)).toEqual([1, 2, 3]);
      expect(await sequencesOf(store, 4, 99)).toEqual([]);
      expect(await sequencesOf(store, 8, 99)).toEqual([]);
      expect(await sequencesOf(store, 9, 99)).toEqual([9, 10]);
    });

    it('has the state of the newest stable checkpoint, and of no other', async () => {
      const store = await open();
      await store.append([...slots(1, 4), checkpoint(4, change('b', '1'), change('a', '1'))]);
      expect(await store.snapshot(4)).toBeUndefined();
      await store.append([certified('checkpoint', 4)]);
      await store.append([...slots(5, 8), checkpoint(8, change('b', '2'), change('c', '3'))]);
      const { snapshot: first } = snapshot(4, { a: '1', b: '1' }) as { snapshot: unknown };
      expect(await contentOf(await store.snapshot(4))).toEqual(first);
      expect(await store.snapshot(8)).toBeUndefined();
      await store.append([certified('checkpoint', 8)]);
      const { snapshot: second } = snapshot(8, { a: '1', b: '2', c: '3' }) as {
        snapshot: unknown;
      };
      expect(await contentOf(await store.snapshot(8))).toEqual(second);
      expect(await store.snapshot(4)).toBeUndefined();
    });

    it('knows a chunk that is no more by no name', async () => {
      const store = await open();
      await store.append([...slots(1, 4), checkpoint(4, change('a', '1'), change('b', '1'))]);
      await store.append([...slots(5, 8), checkpoint(8, change('a', null))]);
      await store.append([certified('checkpoint', 8)]);
      const held = await store.snapshot(8);
      expect(held?.chunks.map((chunk) => chunk.name)).toEqual(['b']);
      expect(await held?.text('a')).toBeUndefined();
      expect(await held?.text('never')).toBeUndefined();
      await held?.release();
    });

    it('takes part in checkpoints that others have passed already', async () => {
      const store = await open();
      await store.append([certified('checkpoint', 8)]);
      await store.append([...slots(1, 4), checkpoint(4, change('a', '1'))]);
      expect(await contentOf(await store.snapshot(4))).toMatchObject({ sequence: 4 });
      await store.append([...slots(5, 8), checkpoint(8, change('a', '2'))]);
      expect(await store.snapshot(4)).toBeUndefined();
      expect(await contentOf(await store.snapshot(8))).toMatchObject({
        chunks: [{ name: 'a', text: '2' }],
      });
    });

    it('holds a state while it goes on to others', async () => {
      const store = await open();
      await store.append([...slots(1, 4), checkpoint(4, change('a', '1'), change('b', '1'))]);
      await store.append([certified('checkpoint', 4)]);
      const held = await store.snapshot(4);
      const before = await contentOf(held);
      await store.append([...slots(5, 8), checkpoint(8, change('a', '2'), change('b', null))]);
      await store.append([certified('checkpoint', 8)]);
      await store.append([certified('checkpoint', 16), snapshot(16, { z: '9' })]);
      expect(await contentOf(held)).toEqual(before);
      await held?.release();
    });

    it('has all decisions of any history, and the state that they led to', async () => {
      await fc.assert(
        fc.asyncProperty(appends, async (units) => {
          const store = await open();
          for (const records of units) await store.append(records);
          const all = expectedDecisions(units.flat());
          const found = [];
          for (let next = 1; next <= 200; next += 1)
            found.push(...(await store.decisions(next, next)));
          expect(found).toEqual(all);
          for (const result of units.flat().flatMap(resultsOf).slice(-10)) {
            const { sequence, timestamp } = result;
            expect(await store.result(sequence, 'gateway', timestamp)).toMatchObject({ result });
          }
          const state = expectedOf(units.flat())?.snapshot;
          if (!state) return;
          expect(await contentOf(await store.snapshot(state.sequence))).toEqual(state);
        }),
        { numRuns: 10 },
      );
    });
  });
}
