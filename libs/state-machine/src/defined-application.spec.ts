import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Applications, createStateMachine } from './applications.js';
import { ChunkError } from './application.js';
import { contentOf } from './content.testkit.js';
import { DefinedApplication } from './defined-application.js';
import {
  defineStateMachine,
  definitionFault,
  type OperationHandler,
  type State,
} from './definition.js';
import { encodeOperation, type JsonObject, type JsonValue } from './operation.js';
import { rehearse } from './rehearsal.js';

const context = { client: 'alice', timestamp: 7, sequence: 3 };

/** Writes what it is told to, and throws at the end if it is told to. */
const scripted: OperationHandler = (fields, state) => {
  for (const step of fields['steps'] as readonly (readonly [string, string, JsonValue])[]) {
    const [what, key, value] = step;
    if (what === 'set') state.set(key, value);
    else state.delete(key);
  }
  if (fields['throws'] === true) throw new Error('told to');
  return state.keys().map((key) => [key, state.get(key) ?? null]);
};

function machineWith(handler: OperationHandler, version = '1'): Applications {
  const operations = { 'test.run': handler };
  const definition = defineStateMachine({ name: 'test', version, operations });
  return new Applications([new DefinedApplication(definition)]);
}

function execute(machine: Applications, fields: JsonObject = {}): unknown {
  return JSON.parse(machine.execute(encodeOperation({ type: 'test.run', ...fields }), context));
}

/** What one operation gives in a machine of its own. */
function resultOf(handler: OperationHandler): unknown {
  return execute(machineWith(handler));
}

/** A list in a list and so on. */
function nested(levels: number): JsonValue {
  let value: JsonValue = [];
  for (let level = 1; level < levels; level += 1) value = [value];
  return value;
}

const step = fc.tuple(
  fc.constantFrom('set', 'delete'),
  fc.oneof(fc.constantFrom('a', 'ab', 'b', '__proto__'), fc.string({ minLength: 1 })),
  // Without -0, which JSON spells as 0.
  fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as JsonValue),
);
const operation = fc.record({ steps: fc.array(step, { maxLength: 6 }), throws: fc.boolean() });

describe('a state machine of a user', () => {
  it('gives an operation its fields, its state and its context', () => {
    const seen = resultOf((fields, state, given) => {
      state.set('k', { deep: [1] });
      return { fields, given: { ...given }, value: state.get('k') ?? null, has: state.has('x') };
    });
    expect(seen).toEqual({
      fields: { type: 'test.run' },
      given: context,
      value: { deep: [1] },
      has: false,
    });
  });

  it('behaves as a map that an operation changes as a whole or not at all', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 12 }), (operations) => {
        const machine = machineWith(scripted);
        let model = new Map<string, JsonValue>();
        for (const fields of operations) {
          const next = new Map(model);
          for (const [what, key, value] of fields.steps) {
            if (what === 'set') next.set(key, value);
            else next.delete(key);
          }
          const result = execute(machine, fields);
          if (fields.throws) expect(result).toEqual({ error: 'state-machine-failed' });
          else model = next;
          const ascending = [...model].sort(([left], [right]) => (left < right ? -1 : 1));
          const expected = JSON.parse(JSON.stringify(ascending)) as unknown;
          expect(execute(machine, { steps: [] })).toEqual(expected);
        }
      }),
    );
  });

  it('goes on alike after its chunks were loaded, without leftovers of what was undone', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 8 }), operation, (operations, last) => {
        const original = machineWith(scripted);
        for (const fields of operations) execute(original, fields);
        const restored = machineWith(scripted);
        execute(restored, { steps: [['set', 'stale', 1]] });
        const content = contentOf(original);
        restored.load(content);
        expect(restored.takeChanges()).toEqual(new Map());
        expect(execute(restored, last)).toEqual(execute(original, last));
        const changes = [...original.takeChanges()].filter(([name, text]) => {
          return text !== (content.get(name) ?? '');
        });
        const others = [...restored.takeChanges()].filter(([name, text]) => {
          return text !== (content.get(name) ?? '');
        });
        expect(others).toEqual(changes);
      }),
    );
  });

  it('hands out copies: what is not set is not kept', () => {
    const machine = machineWith((_fields, state) => {
      const list = (state.get('list') ?? []) as JsonValue[];
      list.push(1);
      if (!state.has('list')) state.set('list', list);
      return list.length;
    });
    expect([execute(machine), execute(machine), execute(machine)]).toEqual([1, 2, 2]);
  });

  it('lists keys with a prefix, ascending', () => {
    const keys = resultOf((_fields, state) => {
      for (const key of ['b/2', 'a/9', 'b/10', 'c', 'b']) state.set(key, 0);
      state.delete('b/10');
      const before = state.keys('b/');
      state.set('b/1', 0);
      return [before, state.keys('b/'), state.keys('d')];
    });
    expect(keys).toEqual([['b/2'], ['b/1', 'b/2'], []]);
  });

  it.each<[string, OperationHandler]>([
    ['throws', () => JSON.parse('{') as JsonValue],
    ['gives a promise', (() => Promise.resolve(1)) as unknown as OperationHandler],
    ['gives nothing', (() => undefined) as unknown as OperationHandler],
    ['gives too much', () => 'x'.repeat(2 ** 20)],
    ['gives what nests too deep', () => nested(100_000)],
    [
      'stores what nests too deep',
      (_fields, state) => state.set('k', nested(61)) as unknown as JsonValue,
    ],
    ['stores under no key', (_fields, state) => state.set('', 1) as unknown as JsonValue],
    [
      'stores a function',
      (_fields, state) => state.set('k', (() => 1) as unknown as JsonValue) as unknown as JsonValue,
    ],
  ])('has a result all the same when an operation %s', (_what, handler) => {
    expect(resultOf(handler)).toEqual({ error: 'state-machine-failed' });
  });

  it('may name a field as promises do, and nest sixty levels', () => {
    const value: JsonValue = { then: nested(59) };
    expect(resultOf(() => value)).toEqual(value);
  });

  it('has no effect on the program when a promise that it gave rejects', async () => {
    const unhandled = vi.fn<(reason: unknown) => void>();
    process.on('unhandledRejection', unhandled);
    onTestFinished(() => void process.off('unhandledRejection', unhandled));
    const rejects = () => Promise.reject(new Error('too late'));
    expect(resultOf(rejects as unknown as OperationHandler)).toEqual({
      error: 'state-machine-failed',
    });
    await setImmediate();
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('stops the replica when an operation runs out of stack: that depends on the machine', () => {
    const endless = (depth: number): number => endless(depth + 1) + 1;
    expect(() => resultOf(() => endless(0))).toThrow(RangeError);
  });

  it('says that it is full, and undoes what it wrote by then', () => {
    const definition = defineStateMachine({
      name: 'small',
      version: '1',
      operations: {
        fill: (_fields, state) => {
          for (let at = 0; at < 5; at += 1) state.set(`key ${at}`, at);
          return 'all';
        },
        look: (_fields, state) => [...state.keys()],
      },
    });
    const machine = new Applications([
      new DefinedApplication(definition, undefined, { maxKeys: 3 }),
    ]);
    expect(machine.execute('{"type":"fill"}', context)).toBe('{"error":"store-full"}');
    expect(machine.execute('{"type":"look"}', context)).toBe('[]');
  });

  it('lets nobody use the state when its operation is over', () => {
    let kept: State | undefined;
    resultOf((_fields, state) => {
      kept = state;
      return null;
    });
    expect(() => kept?.get('k')).toThrow('no longer');
    expect(() => kept?.set('k', 1)).toThrow('no longer');
  });

  it('takes no state of another version, and none without one', () => {
    const content = contentOf(machineWith(scripted, '1'));
    expect([...content]).toEqual([['test/version', '1']]);
    expect(() => machineWith(scripted, '2').load(content)).toThrow(ChunkError);
    expect(() => machineWith(scripted, '2').load(new Map())).toThrow(/of none and this is/);
    expect(() => createStateMachine().load(content)).toThrow('no application has it');
  });
});

describe('definitionFault', () => {
  const good = { name: 'test', version: '1', operations: { run: () => null } };

  it('finds nothing wrong with a definition', () => {
    expect(definitionFault(good)).toBeUndefined();
  });

  it.each<[string, unknown, RegExp]>([
    ['no object', undefined, /no object/],
    ['a name of the cluster', { ...good, name: 'kv' }, /^name .* not ledger or kv/],
    ['no version', { ...good, version: 1 }, /^version/],
    ['no operations', { ...good, operations: {} }, /empty/],
    ['an operation of the cluster', { ...good, operations: { append: () => 1 } }, /append is what/],
    ['a relative of one', { ...good, operations: { 'kv.list': () => 1 } }, /kv.list is what/],
    ['an operation that is none', { ...good, operations: { run: 1 } }, /run is no function/],
    ['an operation that waits', { ...good, operations: { run: async () => 1 } }, /run is async/],
  ])('finds %s', (_what, value, expected) => {
    expect(definitionFault(value)).toMatch(expected);
  });
});

describe('rehearse', () => {
  const rehearsed = (handler: OperationHandler): JsonValue =>
    rehearse({ name: 'test', version: '1', operations: { run: handler } }).execute(
      { type: 'run' },
      'bob',
    );

  it('gives results, and executes on the state that came before', () => {
    const rehearsal = rehearse({
      name: 'test',
      version: '1',
      operations: {
        count(_fields, state, { client }) {
          const count = Number(state.get(client) ?? 0) + 1;
          state.set(client, count);
          return count;
        },
      },
    });
    const count = (client: string): JsonValue => rehearsal.execute({ type: 'count' }, client);
    expect([count('a'), count('a'), count('b')]).toEqual([1, 2, 1]);
  });

  it('finds results that differ', () => {
    expect(() => rehearsed(() => Math.random())).toThrow('test is not deterministic');
  });

  it('finds memory that is no state', () => {
    let executed = 0;
    const handler: OperationHandler = (_fields, state) => {
      executed += 1;
      state.set('executed', executed);
      return null;
    };
    expect(() => rehearsed(handler)).toThrow('different states');
  });

  it('throws what the state machine threw', () => {
    const handler: OperationHandler = () => {
      throw new Error('a mistake');
    };
    expect(() => rehearsed(handler)).toThrow('a mistake');
  });
});
