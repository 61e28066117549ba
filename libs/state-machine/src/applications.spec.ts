import type { StateMachine } from '@ccro/consensus';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Applications, createStateMachine } from './applications.js';
import { ChunkError } from './application.js';
import { Content, contentOf } from './content.testkit.js';
import { Ledger } from './ledger.js';
import { appendOperation, getOperation, putOperation } from './operation.js';

const context = { client: 'gateway', timestamp: 1, sequence: 1 };

const operation = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.jsonValue().map((data) => JSON.stringify({ type: 'append', data })),
  fc
    .record(
      {
        type: fc.constantFrom('append', 'kv.put', 'kv.get', 'kv.delete', 'kv', 'toString', ''),
        key: fc.oneof(fc.constantFrom('a', 'b', '__proto__', 'constructor'), fc.jsonValue()),
        value: fc.jsonValue(),
        data: fc.jsonValue(),
      },
      { requiredKeys: [] },
    )
    .map((fields) => JSON.stringify(fields)),
);

interface Run {
  readonly machine: StateMachine;
  readonly results: readonly string[];
  readonly contents: readonly ReadonlyMap<string, string>[];
}

/** Executes, and takes changes after each operation for which `taken` says so. */
function run(
  operations: readonly string[],
  taken: (index: number) => boolean,
  machine = createStateMachine(),
): Run {
  const results: string[] = [];
  const contents: ReadonlyMap<string, string>[] = [];
  const content = new Content();
  operations.forEach((text, index) => {
    results.push(machine.execute(text, { ...context, timestamp: index, sequence: index + 1 }));
    if (taken(index)) contents.push(content.after(machine));
  });
  return { machine, results, contents: [...contents, content.after(machine)] };
}

const always = (): boolean => true;
const never = (): boolean => false;
const operations = fc.array(operation, { maxLength: 40 });

describe('every replica computes the same', () => {
  it('gives the same results and chunks for the same operations', () => {
    fc.assert(
      fc.property(operations, (texts) => {
        const [one, other] = [run(texts, always), run(texts, always)];
        expect(one.results).toEqual(other.results);
        expect(one.contents).toEqual(other.contents);
      }),
    );
  });

  it('has chunks that do not depend on when changes are taken', () => {
    fc.assert(
      fc.property(operations, fc.infiniteStream(fc.boolean()), (texts, taken) => {
        const sometimes = run(texts, () => taken.next().value === true);
        expect(sometimes.contents.at(-1)).toEqual(run(texts, never).contents.at(-1));
      }),
    );
  });

  it('reports a change once, and none when nothing was written', () => {
    fc.assert(
      fc.property(operations, (texts) => {
        const { machine } = run(texts, never);
        machine.execute(getOperation('a'), context);
        expect(machine.takeChanges()).toEqual(new Map());
      }),
    );
  });

  it('goes on alike after its chunks were loaded, whatever was there before', () => {
    fc.assert(
      fc.property(operations, operations, operations, (before, later, other) => {
        const original = run(before, always);
        const loaded = run(other, never).machine;
        loaded.execute(putOperation('not taken', 1), context);
        loaded.load(original.contents.at(-1) ?? new Map());
        expect(loaded.takeChanges()).toEqual(new Map());
        for (const [index, text] of later.entries()) {
          const at = { ...context, timestamp: index };
          expect(loaded.execute(text, at)).toBe(original.machine.execute(text, at));
          expect(loaded.takeChanges()).toEqual(original.machine.takeChanges());
        }
      }),
    );
  });

  it('results in JSON for any text, and never throws', () => {
    const machine = createStateMachine();
    fc.assert(
      fc.property(operation, (text) => {
        expect(JSON.parse(machine.execute(text, context))).toBeTypeOf('object');
      }),
      { numRuns: 1000 },
    );
  });

  it('leaves the state alone when an operation fails', () => {
    fc.assert(
      fc.property(operation, (text) => {
        const machine = createStateMachine();
        const result: object = JSON.parse(machine.execute(text, context));
        if ('error' in result) expect(machine.takeChanges()).toEqual(new Map());
      }),
    );
  });
});

describe('operations that make no sense', () => {
  const deep = `${'['.repeat(60_000)}${']'.repeat(60_000)}`;

  it.each([
    ['no JSON', 'not json', 'malformed-operation'],
    ['nothing', '', 'malformed-operation'],
    ['no object', '[1]', 'malformed-operation'],
    ['null', 'null', 'malformed-operation'],
    ['no type', '{"data":1}', 'malformed-operation'],
    ['a type that is no text', '{"type":["append"],"data":1}', 'malformed-operation'],
    ['an inherited type', '{"__proto__":{"type":"append","data":1}}', 'malformed-operation'],
    ['an unknown type', '{"type":"kv.rename"}', 'unknown-operation'],
    ['a type named like a method', '{"type":"constructor"}', 'unknown-operation'],
    ['an append of nothing', '{"type":"append"}', 'malformed-operation'],
    ['inherited data', '{"type":"append","__proto__":{"data":1}}', 'malformed-operation'],
    ['a put of nothing', '{"type":"kv.put","key":"a"}', 'malformed-operation'],
    ['no key', '{"type":"kv.get"}', 'malformed-operation'],
    ['an empty key', '{"type":"kv.get","key":""}', 'invalid-key'],
    ['a key that is no text', '{"type":"kv.get","key":7}', 'invalid-key'],
    ['a long key', `{"type":"kv.get","key":"${'k'.repeat(513)}"}`, 'invalid-key'],
    ['deep nesting', `{"type":"append","data":${deep}}`, 'operation-too-deep'],
    ['deep nesting that never ends', '['.repeat(130_000), 'operation-too-deep'],
    [
      'huge text',
      JSON.stringify({ type: 'append', data: 'x'.repeat(2 ** 20) }),
      'operation-too-large',
    ],
  ])('refuses %s', (_, text, error) => {
    expect(JSON.parse(createStateMachine().execute(text, context))).toEqual({ error });
  });

  it('counts brackets inside texts as text', () => {
    const data = `"${'[{'.repeat(200)}\\`;
    const result = createStateMachine().execute(appendOperation(data), context);
    expect(JSON.parse(result)).toMatchObject({ index: 1 });
  });
});

describe('the composite', () => {
  it('has the chunks of all applications, each under its name', () => {
    const machine = createStateMachine();
    expect(machine.takeChanges()).toEqual(new Map());
    machine.execute(appendOperation('entry'), context);
    machine.execute(putOperation('key', 'value'), context);
    const names = [...contentOf(machine).keys()];
    expect(names).toEqual(['ledger/head', expect.stringMatching(/^kv\/[0-9a-f]{2}$/)]);
  });

  it('refuses two applications for one type or name, and names that would be ambiguous', () => {
    expect(() => new Applications([new Ledger(), new Ledger()])).toThrow('called ledger');
    const rename = (name: string): Ledger => Object.assign(new Ledger(), { name });
    expect(() => new Applications([new Ledger(), rename('other')])).toThrow('execute append');
    for (const name of ['', 'a/b', 'é', 'a'.repeat(33), 'a\n']) {
      expect(() => new Applications([rename(name)])).toThrow(RangeError);
    }
  });

  it.each(['ledger', 'kv', 'kv/', 'ledger/', '/00', '', 'other/00', 'Ledger/head', 'ledger/kv/00'])(
    'loads no chunk called %j',
    (name) => {
      const load = (): void => createStateMachine().load(new Map([[name, '[]']]));
      expect(load).toThrow(expect.objectContaining({ name: ChunkError.name, chunk: name }));
    },
  );

  it('loads nothing as the beginning', () => {
    const machine = run([appendOperation(1), putOperation('a', 1)], never).machine;
    machine.load(new Map());
    expect(machine.execute(appendOperation(1), context)).toBe(
      createStateMachine().execute(appendOperation(1), context),
    );
    expect(machine.execute(getOperation('a'), context)).toBe('{"found":false}');
  });
});
