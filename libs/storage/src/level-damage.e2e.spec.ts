/** Damage to a store's files, byte by byte: it is found, or it is none (scenarios 56 and 57). */

import type { Restored, StoredDecision, StoreRecord } from '@ccro/consensus';
import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { copyOf, filesOf, freshDirectory, openLevel } from './level-directory.testkit.js';
import {
  accepted,
  certified,
  change,
  checkpoint,
  executed,
  inOrder,
  voted,
} from './records.testkit.js';
import { StoreError } from './store-error.js';

const TIMEOUT_MS = 300_000;

async function logOf(directory: string): Promise<string> {
  const [log] = (await filesOf(directory)).filter((file) => file.endsWith('.log'));
  return String(log);
}

describe('a log that is cut short', () => {
  it(
    'is refused wherever it was cut, once what is missing was confirmed',
    async () => {
      const directory = await freshDirectory();
      const store = await openLevel(directory);
      const sizes: number[] = [];
      for (let slot = 1; slot <= 8; slot += 1) {
        await store.append([voted('prepare', slot)]);
        sizes.push((await stat(await logOf(directory))).size);
      }
      await store.close();
      const whole = sizes.at(-1) ?? 0;
      const from = sizes.at(-4) ?? 0;
      expect(whole - from).toBeGreaterThan(500);
      // The store's last output, at its close, tell nothing new.
      for (let size = from; size < whole; size += 1) {
        const copy = await copyOf(directory);
        await truncate(await logOf(copy), size);
        await expect(openLevel(copy)).rejects.toMatchObject({
          code: 'damaged',
          message: expect.stringMatching(/batches were confirmed and only \d+ are there/) as string,
        });
      }
      const copy = await copyOf(directory);
      await truncate(await logOf(copy), whole);
      const reopened = await openLevel(copy);
      expect((await reopened.restore())?.votes).toHaveLength(8);
      await reopened.close();
    },
    TIMEOUT_MS,
  );
});

interface Content {
  readonly restored: Restored | undefined;
  readonly decisions: readonly StoredDecision[];
  readonly results: readonly (string | undefined)[];
}

/** Everything that a store can be asked for; undefined when it refuses. */
async function contentOf(directory: string): Promise<Content | undefined> {
  try {
    const store = await openLevel(directory);
    try {
      const restored = inOrder(await store.restore());
      const decisions = await store.decisions(1, 100);
      const results: (string | undefined)[] = [];
      for (const { decision } of decisions) {
        const found = await store.result(decision.sequence, 'gateway', decision.sequence);
        results.push(found?.result.result);
      }
      return { restored, decisions, results };
    } finally {
      await store.close();
    }
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

/** A store of some runs, so that there are tables and a log; closed. */
async function storeOfRuns(): Promise<string> {
  const directory = await freshDirectory();
  for (let run = 0; run < 4; run += 1) {
    const store = await openLevel(directory);
    await store.append(recordsOfRun(run * 8));
    await store.append([accepted(run * 8 + 9, 1, 'y'), voted('prepare', run * 8 + 9, 1, 'y')]);
    await store.close();
  }
  return directory;
}

function recordsOfRun(base: number): StoreRecord[] {
  const records: StoreRecord[] = [];
  for (let slot = base + 1; slot <= base + 8; slot += 1) {
    records.push(accepted(slot), voted('prepare', slot), certified('prepare', slot));
    records.push(voted('commit', slot), executed(slot));
    if (slot % 4 !== 0) continue;
    const text = `text at ${slot} `.repeat(20);
    records.push(checkpoint(slot, change('state/a', text), change(`state/${slot}`, text)));
  }
  records.push(certified('checkpoint', base + 4), accepted(base + 9), voted('prepare', base + 9));
  return records;
}

/** Positions to try: all of a small file, the ends and some between of a large one. */
function positionsIn(size: number): number[] {
  const stride = Math.max(1, Math.floor(size / 150));
  const edges = [...Array(40).keys()].flatMap((index) => [index, size - 1 - index]);
  const between = [...Array(size).keys()].filter((position) => position % stride === 0);
  return [...new Set([...edges, ...between])].filter((each) => each >= 0 && each < size);
}

describe('a flipped bit', () => {
  it(
    'in any file is refused, or does no harm',
    async () => {
      const directory = await storeOfRuns();
      const intact = await contentOf(directory);
      expect(intact?.restored).toMatchObject({ stable: { sequence: 28 } });
      expect(intact?.decisions).toHaveLength(32);
      expect(intact?.results).not.toContain(undefined);
      const files = await filesOf(directory);
      const kinds = new Set(files.map((file) => basename(file).replaceAll(/[-\d]/g, '')));
      expect([...kinds]).toEqual(expect.arrayContaining(['.ldb', '.log', 'MANIFEST', 'CURRENT']));
      let refused = 0;
      for (const file of files) {
        const bytes = await readFile(file);
        for (const position of positionsIn(bytes.length)) {
          const copy = await copyOf(directory);
          const damaged = Buffer.from(bytes);
          damaged.writeUInt8(damaged.readUInt8(position) ^ (1 << (position % 8)), position);
          await writeFile(file.replace(directory, copy), damaged);
          const content = await contentOf(copy);
          refused += content === undefined ? 1 : 0;
          if (content !== undefined) expect(content, `${file} at ${position}`).toEqual(intact);
        }
      }
      expect(refused).toBeGreaterThan(500);
    },
    TIMEOUT_MS,
  );
});
