import { ClassicLevel } from 'classic-level';
import fc from 'fast-check';
import { chmod, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withChecksum } from './checked-value.js';
import { keyOf, pageKey, RESULTS } from './entries.js';
import {
  copyOf,
  filesOf,
  freshDirectory,
  IDENTITY,
  openedLevel,
  openLevel,
} from './level-directory.testkit.js';
import {
  accepted,
  appends,
  certified,
  change,
  checkpoint,
  executed,
  executedWith,
  expectedDecisions,
  expectedOf,
  inOrder,
  sha,
  snapshot,
  voted,
} from './records.testkit.js';
import { countingParsed, describeReplicaStoreContract } from './replica-store.contract.js';
import { storeFailure, type StoreError, type StoreErrorCode } from './store-error.js';
import { StoreImage } from './store-image.js';

describe.each(['fsync', 'async'] as const)('DURABILITY=%s', (durability) => {
  describeReplicaStoreContract('level store', async () =>
    openedLevel(await freshDirectory(), { durability }),
  );

  it('gives a restarting replica what it must know, whatever it wrote', async () => {
    await fc.assert(
      fc.asyncProperty(appends, fc.infiniteStream(fc.boolean()), async (units, restarts) => {
        const directory = await freshDirectory();
        const image = new StoreImage();
        let store = await openLevel(directory, { durability });
        for (const [index, records] of units.entries()) {
          await store.append(records);
          image.apply(records);
          if (!restarts.next().value) continue;
          await store.close();
          store = await openLevel(directory, { durability });
          const expected = inOrder(expectedOf(units.slice(0, index + 1).flat()));
          expect(inOrder(await store.restore())).toEqual(expected);
          expect(inOrder(image.restored())).toEqual(expected);
        }
        await store.close();
      }),
      { numRuns: durability === 'fsync' ? 5 : 25 },
    );
  }, 60_000);
});

describe('level store', () => {
  it.skipIf(process.platform !== 'linux')(
    'F8, sibling: says at once that its directory cannot be made',
    async () => {
      await expect(openLevel('/proc/x')).rejects.toThrow(
        /store in \/proc\/x cannot be read or written/,
      );
    },
  );

  /** A store with something of everything, closed. */
  async function filledDirectory(): Promise<string> {
    const directory = await freshDirectory();
    const store = await openLevel(directory);
    const slots = [1, 2, 3, 4, 5].map((sequence) => executed(sequence));
    await store.append([...slots, checkpoint(4, change('a', 'text'), change('b', 'more'))]);
    await store.append([certified('checkpoint', 4), accepted(5), voted('prepare', 5)]);
    await store.append([accepted(5, 1, 'y'), voted('prepare', 5, 1, 'y')]);
    await store.close();
    return directory;
  }

  /** Why a store does not open; undefined when it does. */
  async function refusalOf(directory: string): Promise<StoreErrorCode | undefined> {
    try {
      await (await openLevel(directory)).close();
      return undefined;
    } catch (error) {
      return (error as StoreError).code;
    }
  }

  /** Writes into the database behind the store's back. */
  async function meddle(
    directory: string,
    change: (db: ClassicLevel) => Promise<void>,
  ): Promise<void> {
    const db = new ClassicLevel(join(directory, 'records'));
    await db.open();
    await change(db);
    await db.close();
  }

  it('gives what it restores once', async () => {
    const store = await openedLevel(await filledDirectory());
    expect(await store.restore()).toMatchObject({ stable: { sequence: 4 } });
    await expect(store.restore()).rejects.toThrow('restore was called before');
  });

  it('refuses everything once it is closed, and closes once', async () => {
    const store = await openLevel(await freshDirectory());
    await Promise.all([store.close(), store.close()]);
    await expect(store.append([executed(1)])).rejects.toThrow('is closed');
    await expect(store.decisions(1, 1)).rejects.toThrow('is closed');
    await expect(store.snapshot(1)).rejects.toThrow('is closed');
  });

  it('finishes appends under way before it closes', async () => {
    const directory = await freshDirectory();
    const store = await openLevel(directory);
    const writing = store.append([executed(1)]);
    await Promise.all([writing, store.close()]);
    const restored = await (await openedLevel(directory)).restore();
    expect(restored?.decisions).toHaveLength(1);
  });

  it('is opened by one at a time', async () => {
    const directory = await freshDirectory();
    await openedLevel(directory);
    await expect(openLevel(directory)).rejects.toMatchObject({
      code: 'locked',
      message: `another process has the store in ${directory} open: stop it first, or use another directory`,
    });
  });

  it('D7, sibling: refuses settings from which another state follows, and says which', async () => {
    const directory = await freshDirectory();
    const was = { ...IDENTITY, settings: ['clientWindow:1111111111111111'] };
    const other = { ...IDENTITY, settings: ['clientWindow:2222222222222222'] };
    await (await openedLevel(directory, { identity: was })).close();
    await expect(openLevel(directory, { identity: other })).rejects.toMatchObject({
      code: 'foreign',
      message: expect.stringContaining('with other clientWindow') as string,
    });
    await (await openedLevel(directory, { identity: was })).close();
    const older = await filledDirectory();
    expect(await (await openedLevel(older, { identity: other })).restore()).toBeDefined();
  });

  it.each([
    [
      { cluster: 'test', replica: 2 },
      'belongs to node 1 of cluster "test", not to node 2 of cluster "test"',
    ],
    [{ cluster: 'other', replica: 1 }, 'not to node 1 of cluster "other"'],
  ])('refuses to be the store of %j', async (identity, said) => {
    const directory = await filledDirectory();
    await expect(openLevel(directory, { identity })).rejects.toMatchObject({
      code: 'foreign',
      message: expect.stringContaining(said) as string,
    });
    expect(await (await openedLevel(directory)).restore()).toBeDefined();
  });

  it('refuses a format that it does not know', async () => {
    const directory = await filledDirectory();
    await meddle(directory, (db) =>
      db.put('owner', withChecksum('owner', { format: 3, ...IDENTITY }).text),
    );
    await expect(openLevel(directory)).rejects.toMatchObject({
      code: 'foreign',
      message: expect.stringContaining(
        'has format 3, and this version reads formats 1 and 2',
      ) as string,
    });
  });

  it('is unavailable where no directory can be', async () => {
    const directory = join(await freshDirectory(), 'file', 'store');
    await writeFile(join(directory, '..'), 'in the way');
    await expect(openLevel(directory)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(directory) as string,
    });
  });

  it('I10: is for its owner alone, also where an earlier version let everybody in', async () => {
    const directory = join(await freshDirectory(), 'node-0');
    await (await openLevel(directory)).close();
    const records = join(directory, 'records');
    for (const each of [directory, records]) expect((await stat(each)).mode & 0o777).toBe(0o700);
    for (const each of [directory, records]) await chmod(each, 0o755);
    await openedLevel(directory);
    for (const each of [directory, records]) expect((await stat(each)).mode & 0o777).toBe(0o700);
  });

  it.each([
    ['IO error: /d/000005.ldb: Too many open files', /raise its limit \('ulimit -n'/],
    ['IO error: /d/000005.ldb: Too many open files in system', /raise fs\.file-max/],
    ['IO error: /d/000005.log: No space left on device', /the disk is full: make room/],
    ['IO error: /d/000005.log: Read-only file system', /mount it for writing/],
    ['IO error: /d/LOCK: Permission denied', /correct the permissions/],
  ])('F2, F4: says what to do when LevelDB says "%s"', (said, advice) => {
    const { code, message } = storeFailure(
      '/d',
      Object.assign(new Error('failed'), { cause: new Error(said) }),
    );
    expect(code).toBe('unavailable');
    expect(message).toMatch(advice);
    expect(message).toContain('what was confirmed is still there');
  });

  it('makes a store once more whose making was interrupted', async () => {
    const directory = await freshDirectory();
    await (await openLevel(directory)).close();
    await rm(join(directory, 'confirmed'));
    expect(await (await openedLevel(directory)).restore()).toBeUndefined();
  });

  it('says in one line what is wrong and what to do', async () => {
    const directory = await filledDirectory();
    await rm(join(directory, 'confirmed'));
    await expect(openLevel(directory)).rejects.toThrow(
      `the store in ${directory} is damaged: the file "confirmed" is missing. A node that starts ` +
        'from it may contradict what it signed before. Replace the node as docs/OPERATIONS.md ' +
        "describes: give it an empty directory once the slots it took part in lie below the cluster's " +
        'stable checkpoint',
    );
  });

  it('refuses to start when a file is missing, however often it is tried', async () => {
    const directory = await filledDirectory();
    // Another run makes a table of the log.
    await (await openLevel(directory)).close();
    const files = await filesOf(directory);
    expect(files.map((file) => basename(file)).join()).toMatch(/\.ldb/);
    const vital = files.filter((file) => !/LOG|LOCK|\.log$/.test(basename(file)));
    for (const file of vital) {
      const copy = await copyOf(directory);
      await rm(file.replace(directory, copy));
      const codes = [await refusalOf(copy), await refusalOf(copy)];
      expect({ file, codes }).toEqual({ file, codes: ['damaged', 'damaged'] });
    }
  });

  it.each([[['records']], [['records/CURRENT', 'confirmed']]])(
    'refuses to start without %j',
    async (names) => {
      const directory = await filledDirectory();
      for (const name of names) await rm(join(directory, name), { recursive: true });
      await expect(openLevel(directory)).rejects.toMatchObject({ code: 'damaged' });
    },
  );

  it('refuses a log that is empty now', async () => {
    const directory = await filledDirectory();
    const [log] = (await filesOf(directory)).filter((file) => file.endsWith('.log'));
    await writeFile(String(log), '');
    await expect(openLevel(directory)).rejects.toMatchObject({ code: 'damaged' });
  });

  const vote = keyOf({ kind: 'voted', sequence: 5, phase: 'prepare' });
  const old = keyOf({ kind: 'voted', sequence: 3, phase: 'prepare' });
  const earlier = { phase: 'prepare', view: 0, sequence: 5, digest: sha('x') };
  const chunk = keyOf({ kind: 'chunk', sequence: 4, name: 'a' });

  it.each<[string, (db: ClassicLevel) => Promise<void>]>([
    ['a vote is missing', (db) => db.del(vote)],
    ['an earlier vote is back', (db) => db.put(vote, withChecksum(vote, earlier).text)],
    ['a value stands at another key', async (db) => db.put(vote, (await db.get(chunk)) ?? '')],
    ['a vote is back that was dropped', (db) => db.put(old, withChecksum(old, earlier).text)],
    ['something else is there', (db) => db.put('note', withChecksum('note', 1).text)],
    ['the newest batch is missing', (db) => db.del('batch')],
    ['the owner is missing', (db) => db.del('owner')],
    ['a decision after the state is missing', (db) => db.del('decision/0000000000000005')],
    [
      'a text is another one',
      (db) => db.put(chunk, withChecksum(chunk, { digest: sha(''), text: 'other' }).text),
    ],
  ])('refuses to start when %s', async (_, change) => {
    const directory = await filledDirectory();
    await meddle(directory, change);
    await expect(openLevel(directory)).rejects.toMatchObject({
      name: 'StoreError',
      code: 'damaged',
    });
  });

  it('gives no decisions around one that is missing or wrong', async () => {
    for (const change of [
      (db: ClassicLevel) => db.del('decision/0000000000000002'),
      (db: ClassicLevel) => db.put('decision/0000000000000002', '00000000 {}'),
    ]) {
      const directory = await filledDirectory();
      await meddle(directory, change);
      const store = await openedLevel(directory);
      await expect(store.decisions(1, 5)).rejects.toMatchObject({ code: 'damaged' });
      expect(await store.decisions(3, 5)).toHaveLength(3);
    }
  });

  it('gives no result that is missing or wrong, and the decision all the same', async () => {
    const page = pageKey(2, 0);
    for (const change of [
      (db: ClassicLevel) => db.del(page),
      (db: ClassicLevel) => db.put(page, '00000000 []'),
    ]) {
      const directory = await filledDirectory();
      await meddle(directory, change);
      const store = await openedLevel(directory);
      await expect(store.result(2, 'gateway', 2)).rejects.toMatchObject({ code: 'damaged' });
      expect(await store.result(3, 'gateway', 3)).toBeDefined();
      expect(await store.decisions(1, 5)).toHaveLength(5);
    }
  });

  it('A5, sibling: starts without reading results, however many slots are above its state', async () => {
    const directory = await freshDirectory();
    const store = await openLevel(directory);
    const long = Array.from({ length: 4 }, () => 'x'.repeat(100_000));
    const records = Array.from({ length: 40 }, (_, index) => executedWith(index + 1, long));
    for (const record of records) await store.append([record]);
    await store.close();
    const { parsed, value } = await countingParsed(() => openedLevel(directory));
    expect(parsed).toBeLessThan(200_000);
    expect((await value.restore())?.decisions).toEqual(expectedDecisions(records));
    expect((await value.result(40, 'gateway', 4))?.result.result).toBe(long[3]);
  });

  it('leaves no results of decisions that a state replaced', async () => {
    const directory = await freshDirectory();
    const store = await openLevel(directory);
    const slots = [1, 2, 3, 4, 5, 6].map((sequence) => executed(sequence));
    await store.append(slots);
    await store.close();
    const again = await openLevel(directory);
    await again.append([certified('checkpoint', 4), snapshot(4, { a: '1' })]);
    await again.close();
    await meddle(directory, async (db) => {
      const range = { gte: RESULTS.first, lt: RESULTS.end };
      expect(await db.keys(range).all()).toEqual([1, 2, 3, 4].map((slot) => pageKey(slot, 0)));
    });
  });

  describe('of an earlier version, with results in the entries of decisions', () => {
    /** Two slots above the state, as format 1 had them. */
    async function earlierDirectory(): Promise<string> {
      const directory = await freshDirectory();
      await (await openLevel(directory)).close();
      const entries = [1, 2].map((sequence) => {
        const { kind: _kind, ...value } = executedWith(sequence, ['one', undefined, 'three']);
        const key = keyOf({ kind: 'decision', sequence });
        return { key, ...withChecksum(key, value) };
      });
      const checksums = entries.reduce((sum, { checksum }) => sum + checksum, 0);
      const batch = { number: 1, entries: entries.length, checksums };
      await meddle(directory, async (db) => {
        for (const { key, text } of entries) await db.put(key, text);
        await db.put('batch', withChecksum('batch', batch).text);
        await db.put('owner', withChecksum('owner', { format: 1, ...IDENTITY }).text);
      });
      return directory;
    }

    const records = [1, 2].map((slot) => executedWith(slot, ['one', undefined, 'three']));

    it('A5, sibling: gives decisions without them, and each result', async () => {
      const store = await openedLevel(await earlierDirectory());
      expect((await store.restore())?.decisions).toEqual(expectedDecisions(records));
      expect(await store.decisions(1, 2)).toEqual(expectedDecisions(records));
      expect((await store.result(2, 'gateway', 3))?.result.result).toBe('three');
      expect(await store.result(2, 'gateway', 2)).toBeUndefined();
    });

    it('goes on in the present format, and says so', async () => {
      const directory = await earlierDirectory();
      const store = await openLevel(directory);
      await store.append([executed(3)]);
      await store.append([checkpoint(3, change('a', '1')), certified('checkpoint', 3)]);
      await store.append([executed(4)]);
      await store.close();
      const again = await openLevel(directory);
      const whole = expectedDecisions([...records, executed(3), executed(4)]);
      expect(await again.decisions(1, 4)).toEqual(whole);
      expect((await again.restore())?.decisions).toEqual(whole.slice(3));
      await again.close();
      await meddle(directory, async (db) => {
        const owner = withChecksum('owner', { format: 2, ...IDENTITY }).text;
        expect(await db.get('owner')).toBe(owner);
      });
    });
  });

  it('gives texts as long as the state is held', async () => {
    const store = await openedLevel(await freshDirectory());
    await store.append([
      ...[1, 2, 3, 4].map((slot) => executed(slot)),
      checkpoint(4, change('a', 'text')),
    ]);
    await store.append([certified('checkpoint', 4)]);
    const held = await store.snapshot(4);
    expect(await held?.text('a')).toBe('text');
    await held?.release();
    expect(await held?.text('a')).toBeUndefined();
  });
});
