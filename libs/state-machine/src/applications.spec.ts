import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Applications, createStateMachine } from './applications.js';
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

function run(operations: readonly string[]): { results: string[]; digests: string[] } {
  const machine = createStateMachine();
  const results: string[] = [];
  const digests: string[] = [];
  operations.forEach((text, index) => {
    results.push(machine.execute(text, { ...context, timestamp: index, sequence: index + 1 }));
    digests.push(machine.digest());
  });
  return { results, digests };
}

describe('every replica computes the same', () => {
  it('gives the same results and digests for the same operations', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
        expect(run(operations)).toEqual(run(operations));
      }),
    );
  });

  it('has a digest that does not depend on how often it is asked for', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
        const machine = createStateMachine();
        operations.forEach((text, index) => {
          machine.execute(text, { ...context, timestamp: index, sequence: index + 1 });
        });
        expect(machine.digest()).toBe(run(operations).digests.at(-1) ?? machine.digest());
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
        const before = machine.digest();
        const result: object = JSON.parse(machine.execute(text, context));
        if ('error' in result) expect(machine.digest()).toBe(before);
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
  it('binds both applications in its digest', () => {
    const machine = createStateMachine();
    const empty = machine.digest();
    machine.execute(appendOperation('entry'), context);
    const appended = machine.digest();
    machine.execute(putOperation('key', 'value'), context);
    const put = machine.digest();
    machine.execute(getOperation('key'), context);
    expect(new Set([empty, appended, put]).size).toBe(3);
    expect(machine.digest()).toBe(put);
  });

  it('refuses two applications for one type', () => {
    expect(() => new Applications([new Ledger(), new Ledger()])).toThrow(RangeError);
  });
});
