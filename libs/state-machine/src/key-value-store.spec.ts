import { MAX_CHUNK_BYTES } from '@ccro/consensus';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Applications, createStateMachine } from './applications.js';
import { ChunkError, type Operation } from './application.js';
import { MAX_BUCKET_BYTES, MAX_STORE_BYTES } from './bucket-store.js';
import { bucketName, bucketOf } from './bucket.js';
import { contentOf } from './content.testkit.js';
import { KeyValueStore } from './key-value-store.js';
import {
  deleteOperation,
  getOperation,
  parseOperation,
  putOperation,
  type JsonValue,
} from './operation.js';

const context = { client: 'gateway', timestamp: 1, sequence: 1 };

function store(): (operation: string) => unknown {
  const machine = createStateMachine();
  return (operation) => JSON.parse(machine.execute(operation, context));
}

function operationOf(text: string): Operation {
  const parsed = parseOperation(text);
  if ('error' in parsed) throw new Error(parsed.error);
  return { ...parsed, text };
}

function contentAfter(operations: readonly string[]): ReadonlyMap<string, string> {
  const machine = createStateMachine();
  for (const operation of operations) machine.execute(operation, context);
  return contentOf(machine);
}

const key = fc.string({ unit: 'binary', minLength: 1, maxLength: 8 });

describe('KeyValueStore', () => {
  it('puts, gets and deletes', () => {
    const execute = store();
    expect(execute(getOperation('a'))).toEqual({ found: false });
    expect(execute(putOperation('a', { x: [1, null] }))).toEqual({ previous: null, version: 1 });
    expect(execute(putOperation('a', 'two'))).toEqual({
      previous: { value: { x: [1, null] }, version: 1 },
      version: 2,
    });
    expect(execute(getOperation('a'))).toEqual({ found: true, value: 'two', version: 2 });
    expect(execute(deleteOperation('a'))).toEqual({ deleted: true, version: 2 });
    expect(execute(deleteOperation('a'))).toEqual({ deleted: false });
    expect(execute(getOperation('a'))).toEqual({ found: false });
    expect(execute(putOperation('a', null))).toEqual({ previous: null, version: 1 });
    expect(execute(getOperation('a'))).toEqual({ found: true, value: null, version: 1 });
  });

  it('keeps any JSON under any key', () => {
    fc.assert(
      fc.property(key, fc.jsonValue({ maxDepth: 5 }), (name, any) => {
        // Without -0, which JSON spells as 0.
        const value = JSON.parse(JSON.stringify(any)) as JsonValue;
        const execute = store();
        execute(putOperation(name, value));
        expect(execute(getOperation(name))).toEqual({ found: true, value, version: 1 });
      }),
    );
  });

  it.each(['__proto__', 'constructor', 'toString', '\ud800'])(
    'has nothing special in %j',
    (name) => {
      const execute = store();
      expect(execute(getOperation(name))).toEqual({ found: false });
      execute(putOperation(name, { __proto__: null, polluted: true }));
      expect(execute(getOperation(name))).toMatchObject({ found: true });
      expect({}).not.toHaveProperty('polluted');
    },
  );

  it('refuses new keys when full, and says so', () => {
    const machine = new Applications([new KeyValueStore({ maxKeys: 1 })]);
    const execute = (operation: string): unknown => JSON.parse(machine.execute(operation, context));
    execute(putOperation('a', 1));
    expect(execute(putOperation('b', 1))).toEqual({ error: 'store-full' });
    expect(execute(putOperation('a', 2))).toMatchObject({ version: 2 });
    execute(deleteOperation('a'));
    expect(execute(putOperation('b', 1))).toMatchObject({ version: 1 });
  });

  it('refuses what would make a bucket too long, and has room again after a deletion', () => {
    const machine = new Applications([new KeyValueStore({ maxKeys: 10, maxBucketBytes: 17 })]);
    const execute = (operation: string): unknown => JSON.parse(machine.execute(operation, context));
    expect(execute(putOperation('a', 1_234_567))).toMatchObject({ version: 1 });
    expect(execute(putOperation('a', 12_345_678))).toEqual({ error: 'store-full' });
    expect(execute(getOperation('a'))).toMatchObject({ value: 1_234_567, version: 1 });
    expect(execute(putOperation('a', 1))).toMatchObject({ version: 2 });
    expect(execute(putOperation('a', 7_654_321))).toMatchObject({ version: 3 });
    execute(deleteOperation('a'));
    expect(execute(putOperation('a', 7_654_321))).toMatchObject({ version: 1 });
  });
});

describe('A2: what a store holds can be transferred', () => {
  // Of every size in UTF-8 and in JSON: one byte, escapes of two and six, two, three and four bytes.
  const characters = [
    'a',
    '"',
    '\n',
    '\u0001',
    '\u007f',
    'é',
    '\u2028',
    '\uffff',
    '\u{1f600}',
    '\ud800',
  ];
  const awkward = fc
    .array(fc.constantFrom(...characters), { minLength: 1, maxLength: 40 })
    .map((parts) => parts.join(''));
  const number = fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .map((any) => JSON.parse(JSON.stringify(any)) as number);
  const writes = fc.array(
    fc.record({
      key: awkward,
      value: fc.option(fc.oneof(awkward, number, fc.constant([1e20]))),
    }),
    { maxLength: 60 },
  );

  function noteSizes(store: KeyValueStore, sizes: Map<string, number>): void {
    for (const [chunk, text] of store.takeChanges()) sizes.set(chunk, Buffer.byteLength(text));
  }

  function total(sizes: ReadonlyMap<string, number>): number {
    return [...sizes.values()].reduce((sum, size) => sum + size, 0);
  }

  it('A2: no bucket has more bytes of text than its limit, whatever the characters', () => {
    fc.assert(
      fc.property(writes, (written) => {
        const store = new KeyValueStore({ maxBucketBytes: 150, maxBytes: 600 });
        const sizes = new Map<string, number>();
        for (const { key, value } of written) {
          const write = value === null ? deleteOperation(key) : putOperation(key, value);
          const result = store.apply(operationOf(write), context);
          const before = total(sizes);
          noteSizes(store, sizes);
          const after = total(sizes);
          expect(Math.max(0, ...sizes.values())).toBeLessThanOrEqual(150);
          // Brackets are not counted in the limit on all buckets.
          expect(after).toBeLessThanOrEqual(600 + sizes.size);
          if (result.includes('store-full')) expect(after).toBe(before);
        }
      }),
    );
  });

  it('A2: a bucket takes all that fits into its limit, and counts the same after a transfer', () => {
    for (const character of characters) {
      const text = `[[${JSON.stringify(character)},1,1]]`;
      const bytes = Buffer.byteLength(text);
      const put = operationOf(putOperation(character, 1));
      const exact = new KeyValueStore({ maxBucketBytes: bytes });
      expect(exact.apply(put, context)).toContain('"version":1');
      const loaded = new KeyValueStore({ maxBucketBytes: bytes });
      loaded.load(exact.takeChanges());
      const longer = operationOf(putOperation(character, 10));
      expect(loaded.apply(longer, context)).toContain('store-full');
      const less = new KeyValueStore({ maxBucketBytes: bytes - 1 });
      expect(less.apply(put, context)).toContain('store-full');
    }
  });

  it('A2: the limits of a store are below what a transfer takes', () => {
    expect(MAX_BUCKET_BYTES).toBeLessThanOrEqual(MAX_CHUNK_BYTES);
    expect(MAX_STORE_BYTES).toBeLessThanOrEqual(256 * MAX_BUCKET_BYTES);
  });

  it('A2, sibling: a state of many full buckets stays within what memory holds', () => {
    const store = new KeyValueStore({ maxBytes: 4096 });
    const results = Array.from({ length: 200 }, (_, at) =>
      store.apply(operationOf(putOperation(`key ${at}`, 'x'.repeat(40))), context),
    );
    const refused = results.filter((result) => result.includes('store-full')).length;
    expect(refused).toBeGreaterThan(100);
    expect(refused).toBeLessThan(150);
    // What is there may shrink, and makes room.
    expect(store.apply(operationOf(putOperation('key 0', 'x')), context)).toContain('"version":2');
  });
});

describe('the chunks of a KeyValueStore', () => {
  const entries = fc.uniqueArray(fc.tuple(key, fc.integer()), { selector: ([name]) => name });

  it('do not depend on the order of writes to different keys', () => {
    fc.assert(
      fc.property(entries, (written) => {
        const puts = written.map(([name, value]) => putOperation(name, value));
        // As lists: the order in which they are reported does not depend on it either.
        expect([...contentAfter(puts)]).toEqual([...contentAfter(puts.toReversed())]);
      }),
    );
  });

  it('are gone when everything was deleted', () => {
    fc.assert(
      fc.property(entries, (written) => {
        const puts = written.map(([name, value]) => putOperation(name, value));
        const deletes = written.map(([name]) => deleteOperation(name));
        expect(contentAfter([...puts, ...deletes])).toEqual(new Map());
      }),
    );
  });

  it('are reported as empty once, when their last key was deleted', () => {
    const machine = createStateMachine();
    machine.execute(putOperation('a', 1), context);
    const [name] = [...machine.takeChanges().keys()];
    machine.execute(deleteOperation('a'), context);
    expect(machine.takeChanges()).toEqual(new Map([[name, '']]));
    machine.execute(deleteOperation('a'), context);
    expect(machine.takeChanges()).toEqual(new Map());
  });

  it('depend on keys, values and versions', () => {
    const contents = [
      contentAfter([]),
      contentAfter([putOperation('a', 1)]),
      contentAfter([putOperation('a', 2)]),
      contentAfter([putOperation('a', '1')]),
      contentAfter([putOperation('b', 1)]),
      contentAfter([putOperation('a', 2), putOperation('a', 1)]),
      contentAfter([putOperation('a', 1), putOperation('b', 1)]),
      contentAfter([putOperation('\ud800', 1)]),
      contentAfter([putOperation('\udbff', 1)]),
    ].map((content) => JSON.stringify([...content]));
    expect(new Set(contents).size).toBe(contents.length);
  });

  it('are well-formed text whatever keys and values are', () => {
    const value = { '\udc00': '\ud800', ['__proto__']: ['\u{1f600}'] };
    const [text = ''] = contentAfter([putOperation('\ud800', value)]).values();
    expect(text).toBe('[["\\ud800",{"\\udc00":"\\ud800","__proto__":["\u{1f600}"]},1]]');
    expect(Buffer.from(text, 'utf8').toString('utf8')).toBe(text);
  });

  it('do not change from one version to the next', () => {
    const puts = [putOperation('a', { b: [1, null] }), putOperation('a', 'two')];
    expect(contentAfter(puts)).toEqual(new Map([['kv/83', '[["a","two",2]]']]));
  });
});

describe('loading a KeyValueStore', () => {
  /** Two keys that share a bucket, the lesser first. */
  const pair = ((): readonly [string, string] => {
    const holders = new Map<number, string>();
    for (let number = 100; ; number += 1) {
      const name = `k${number}`;
      const holder = holders.get(bucketOf(name));
      if (holder !== undefined) return [holder, name];
      holders.set(bucketOf(name), name);
    }
  })();
  const [less, more] = pair;
  const bucket = bucketName(bucketOf(less));
  const elsewhere = bucketName((bucketOf(less) + 1) % 256);
  const load = (name: string, text: string, store = new KeyValueStore()): void =>
    store.load(new Map([[name, text]]));
  const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

  it.each([
    ['what is no JSON', '['],
    ['no list', `{"${less}":1}`],
    ['an empty list', '[]'],
    ['an entry that is none', '[null]'],
    ['an entry without version', `[["${less}",1]]`],
    ['an entry with too much', `[["${less}",1,1,1]]`],
    ['version 0', `[["${less}",1,0]]`],
    ['half a version', `[["${less}",1,1.5]]`],
    ['a version spelt otherwise', `[["${less}",1,1.0]]`],
    ['a huge version', `[["${less}",1,9007199254740992]]`],
    ['an empty key', '[["",1,1]]'],
    ['a long key', `[["${'k'.repeat(513)}",1,1]]`],
    ['a key that is no text', '[[1,1,1]]'],
    ['keys that descend', `[["${more}",1,1],["${less}",1,1]]`],
    ['a key twice', `[["${less}",1,1],["${less}",1,1]]`],
    ['blanks', `[["${less}",1,1] ]`],
    ['escapes that are not needed', `[["\\u006b${less.slice(1)}",1,1]]`],
    ['a value spelt otherwise', `[["${less}",1e0,1]]`],
    ['minus zero', `[["${less}",-0,1]]`],
    ['a field twice', `[["${less}",{"a":1,"a":1},1]]`],
    ['a value deeper than operations', `[["${less}",${deep(64)},1]]`],
    ['endless nesting', '['.repeat(1_000_000)],
  ])('refuses %s', (_, text) => {
    expect(() => load(bucket, text)).toThrow(
      expect.objectContaining({ name: ChunkError.name, chunk: `kv/${bucket}` }),
    );
  });

  it('takes what is as it should be', () => {
    const texts = [
      `[["${less}",1,1]]`,
      `[["${less}",1,1],["${more}",{"__proto__":"\\ud800"},9007199254740991]]`,
      `[["${less}",${deep(63)},1]]`,
    ];
    for (const text of texts) {
      const store = new KeyValueStore();
      load(bucket, text, store);
      expect(JSON.parse(store.apply(operationOf(getOperation(less)), context))).toMatchObject({
        found: true,
        version: 1,
      });
    }
  });

  it('refuses a key in another bucket than its own, and buckets that do not exist', () => {
    const text = `[["${less}",1,1]]`;
    expect(() => load(elsewhere, text)).toThrow('belongs into another one');
    for (const name of ['', '0', '000', 'FF', '100', '-1', '0x', ' 0']) {
      expect(() => load(name, text)).toThrow('no such bucket');
    }
  });

  it('refuses more keys than it holds, and counts those it has', () => {
    const text = `[["${less}",1,1],["${more}",1,1]]`;
    expect(() => load(bucket, text, new KeyValueStore({ maxKeys: 1 }))).toThrow('more than 1 keys');
    const store = new KeyValueStore({ maxKeys: 2 });
    load(bucket, text, store);
    expect(store.apply(operationOf(putOperation('third', 1)), context)).toContain('store-full');
    store.apply(operationOf(deleteOperation(more)), context);
    expect(store.apply(operationOf(putOperation('third', 1)), context)).toContain('"version":1');
  });

  it('leaves everything as it was when it refuses', () => {
    const store = new KeyValueStore();
    store.apply(operationOf(putOperation(more, 1)), context);
    const chunks = new Map([
      [bucket, `[["${less}",1,1]]`],
      [elsewhere, '[]'],
    ]);
    expect(() => store.load(chunks)).toThrow(ChunkError);
    expect(store.apply(operationOf(getOperation(less)), context)).toBe('{"found":false}');
    expect(store.takeChanges()).toEqual(new Map([[bucket, `[["${more}",1,1]]`]]));
  });
});
