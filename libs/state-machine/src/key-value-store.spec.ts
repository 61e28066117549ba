import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Applications, createStateMachine } from './applications.js';
import { KeyValueStore } from './key-value-store.js';
import { deleteOperation, getOperation, putOperation, type JsonValue } from './operation.js';

const context = { client: 'gateway', timestamp: 1, sequence: 1 };

function store(): (operation: string) => unknown {
  const machine = createStateMachine();
  return (operation) => JSON.parse(machine.execute(operation, context));
}

function digestAfter(operations: readonly string[], ask = false): string {
  const machine = createStateMachine();
  for (const operation of operations) {
    machine.execute(operation, context);
    if (ask) machine.digest();
  }
  return machine.digest();
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
      fc.property(key, fc.jsonValue({ maxDepth: 5 }), (name, value) => {
        const execute = store();
        execute(putOperation(name, value as JsonValue));
        expect(execute(getOperation(name))).toEqual({
          found: true,
          value: JSON.parse(JSON.stringify(value)),
          version: 1,
        });
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
    const machine = new Applications([new KeyValueStore(1)]);
    const execute = (operation: string): unknown => JSON.parse(machine.execute(operation, context));
    execute(putOperation('a', 1));
    expect(execute(putOperation('b', 1))).toEqual({ error: 'store-full' });
    expect(execute(putOperation('a', 2))).toMatchObject({ version: 2 });
    execute(deleteOperation('a'));
    expect(execute(putOperation('b', 1))).toMatchObject({ version: 1 });
  });
});

describe('the digest of a KeyValueStore', () => {
  const entries = fc.uniqueArray(fc.tuple(key, fc.integer()), { selector: ([name]) => name });

  it('does not depend on the order of writes to different keys', () => {
    fc.assert(
      fc.property(entries, (written) => {
        const puts = written.map(([name, value]) => putOperation(name, value));
        expect(digestAfter(puts)).toBe(digestAfter([...puts].reverse()));
      }),
    );
  });

  it('does not depend on when it was asked for', () => {
    fc.assert(
      fc.property(entries, (written) => {
        const operations = written.flatMap(([name, value]) => [
          putOperation(name, value),
          ...(value % 2 === 0 ? [deleteOperation(name)] : []),
        ]);
        expect(digestAfter(operations, true)).toBe(digestAfter(operations));
      }),
    );
  });

  it('is the empty one again when everything was deleted', () => {
    fc.assert(
      fc.property(entries, (written) => {
        const puts = written.map(([name, value]) => putOperation(name, value));
        const deletes = written.map(([name]) => deleteOperation(name));
        expect(digestAfter([...puts, ...deletes])).toBe(digestAfter([]));
      }),
    );
  });

  it('depends on keys, values and versions', () => {
    const digests = [
      digestAfter([]),
      digestAfter([putOperation('a', 1)]),
      digestAfter([putOperation('a', 2)]),
      digestAfter([putOperation('a', '1')]),
      digestAfter([putOperation('b', 1)]),
      digestAfter([putOperation('a', 2), putOperation('a', 1)]),
      digestAfter([putOperation('a', 1), putOperation('b', 1)]),
      digestAfter([putOperation('\ud800', 1)]),
      digestAfter([putOperation('\udbff', 1)]),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });
});
