import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Versioned } from '../workload/question.js';
import { keyModel, type KeyInput, type KeyOutput } from './check-linearizability.js';
import { checkLinearizability, type Operation } from './linearizability.js';

type KeyOperation = Operation<KeyInput, KeyOutput>;

const at = (value: string, version: number): Versioned => ({ value, version });

function put(
  [startMs, endMs]: readonly [number, number],
  value: string,
  version: number,
  previous: Versioned | null = null,
): KeyOperation {
  const output = { kind: 'put', previous, version } as const;
  return { input: { kind: 'put', value }, output, startMs, endMs };
}

function get([startMs, endMs]: readonly [number, number], found: Versioned | null): KeyOperation {
  return { input: { kind: 'get' }, output: { kind: 'get', found }, startMs, endMs };
}

function remove([startMs, endMs]: readonly [number, number], version: number | null): KeyOperation {
  return { input: { kind: 'delete' }, output: { kind: 'delete', version }, startMs, endMs };
}

function lostPut(startMs: number, value: string): KeyOperation {
  return { input: { kind: 'put', value }, output: undefined, startMs, endMs: NaN };
}

const kindOf = (operations: readonly KeyOperation[]): string =>
  checkLinearizability(keyModel, operations).kind;

describe('histories that one store could have given', () => {
  it.each<[string, KeyOperation[]]>([
    ['nothing at all', []],
    ['one after another', [put([0, 1], 'a', 1), get([2, 3], at('a', 1)), remove([4, 5], 1)]],
    ['a read before the first write', [get([0, 1], null), put([2, 3], 'a', 1)]],
    ['a write and a read at once, read first', [put([0, 9], 'a', 1), get([1, 2], null)]],
    ['a write and a read at once, write first', [put([0, 9], 'a', 1), get([1, 2], at('a', 1))]],
    [
      'two writes at once, in the order that their answers tell',
      [put([0, 9], 'a', 2, at('b', 1)), put([0, 9], 'b', 1), get([10, 11], at('a', 2))],
    ],
    ['versions begin anew', [put([0, 1], 'a', 1), remove([2, 3], 1), put([4, 5], 'b', 1)]],
    ['operations that touch in time are concurrent', [get([1, 2], null), put([0, 1], 'a', 1)]],
    ['a lost write that happened', [lostPut(0, 'a'), get([1, 2], at('a', 1))]],
    [
      'a lost write that happened late',
      [lostPut(0, 'a'), get([1, 2], null), get([8, 9], at('a', 1))],
    ],
    ['a lost write that never happened', [lostPut(0, 'a'), get([1, 2], null), get([8, 9], null)]],
    [
      'lost writes between answered ones, seen only by the version',
      [
        put([0, 1], 'a', 1),
        ...['b', 'c', 'd'].map((value) => lostPut(2, value)),
        get([5, 6], at('c', 3)),
        put([7, 8], 'e', 4, at('c', 3)),
      ],
    ],
    [
      'a lost delete',
      [
        put([0, 1], 'a', 1),
        { input: { kind: 'delete' }, output: undefined, startMs: 2, endMs: NaN },
        put([5, 6], 'b', 1),
      ],
    ],
  ])('%s', (_, operations) => {
    expect(kindOf(operations)).toBe('linearizable');
  });
});

describe('histories that no single store could have given', () => {
  it.each<[string, KeyOperation[]]>([
    [
      'a stale read',
      [put([0, 1], 'a', 1), put([2, 3], 'b', 2, at('a', 1)), get([4, 5], at('a', 1))],
    ],
    ['a lost write', [put([0, 1], 'a', 1), get([2, 3], null)]],
    ['a write executed twice', [put([0, 1], 'a', 1), get([2, 3], at('a', 2))]],
    ['a value nobody wrote', [put([0, 1], 'a', 1), get([2, 3], at('x', 1))]],
    ['a read from the future', [get([0, 1], at('a', 1)), put([2, 3], 'a', 1)]],
    ['a lost write seen before it began', [get([0, 1], at('a', 1)), lostPut(2, 'a')]],
    [
      'two reads that disagree on the order of two writes',
      [
        put([0, 20], 'a', 1),
        put([0, 20], 'b', 2, at('a', 1)),
        get([1, 2], at('b', 2)),
        get([3, 4], at('a', 1)),
      ],
    ],
    [
      'a value that comes and goes and comes again',
      [
        lostPut(0, 'a'),
        get([1, 2], at('a', 1)),
        put([3, 4], 'b', 2, at('a', 1)),
        get([5, 6], at('a', 3)),
      ],
    ],
    ['a delete that removed nothing', [put([0, 1], 'a', 1), remove([2, 3], null)]],
    ['two writes that both came first', [put([0, 9], 'a', 1), put([0, 9], 'b', 1)]],
  ])('%s', (_, operations) => {
    expect(kindOf(operations)).toBe('not-linearizable');
  });

  it('says where it got stuck', () => {
    const stale = get([4, 5], null);
    const found = checkLinearizability(keyModel, [put([0, 1], 'a', 1), stale]);
    expect(found).toMatchObject({ placed: 1, state: '["a",1]', stuck: stale });
  });
});

it('gives up rather than search for ever', () => {
  const lost = Array.from({ length: 30 }, (_, index) => lostPut(0, `v${index}`));
  const operations = [...lost, get([1, 2], at('none of them', 15))];
  expect(checkLinearizability(keyModel, operations, 10_000).kind).toBe('too-hard');
});

it('takes a long history with many clients in its stride', () => {
  const operations = execute(
    Array.from({ length: 20_000 }, (_, index) => ({
      input: inputOf(index % 7, index),
      startMs: index - (index % 13),
      spanMs: (index * 31) % 40,
      lost: index % 200 === 0,
    })),
  );
  const startedAt = performance.now();
  expect(kindOf(operations)).toBe('linearizable');
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});

describe('any history', () => {
  const step = fc.record({
    choice: fc.nat(6),
    startMs: fc.nat(12),
    spanMs: fc.nat(6),
    lost: fc.boolean(),
  });
  const steps = fc
    .array(step, { maxLength: 7 })
    .map((list) => list.map((each, index) => ({ ...each, input: inputOf(each.choice, index) })));

  it('passes when it is what a store did', () => {
    fc.assert(fc.property(steps, (list) => kindOf(execute(list)) === 'linearizable'));
  });

  it('passes exactly when some order explains it', () => {
    const changes = fc.array(fc.record({ at: fc.nat(6), with: fc.nat(6) }), { maxLength: 3 });
    fc.assert(
      fc.property(steps, changes, (list, swaps) => {
        const operations = withSwappedOutputs(execute(list), swaps);
        const explained = somePermutation(operations, (order) => explains(order, operations));
        expect(kindOf(operations)).toBe(explained ? 'linearizable' : 'not-linearizable');
      }),
      { numRuns: 400 },
    );
  });
});

interface Step {
  readonly input: KeyInput;
  readonly startMs: number;
  readonly spanMs: number;
  readonly lost: boolean;
}

function inputOf(choice: number, index: number): KeyInput {
  if (choice < 3) return { kind: 'put', value: `v${index}` };
  return choice < 6 ? { kind: 'get' } : { kind: 'delete' };
}

/** Does the steps one after another, each at its start or later: what a correct store may do. */
function execute(steps: readonly Step[]): KeyOperation[] {
  let state: Versioned | null = null;
  let nowMs = 0;
  return steps.map(({ input, startMs, spanMs, lost }) => {
    nowMs = Math.max(nowMs, startMs);
    const output: KeyOutput = outputOf(state, input);
    state = keyModel.step(state, input, undefined) ?? null;
    return { input, output: lost ? undefined : output, startMs, endMs: nowMs + spanMs };
  });
}

function outputOf(state: Versioned | null, input: KeyInput): KeyOutput {
  if (input.kind === 'get') return { kind: 'get', found: state };
  const version = state?.version ?? 0;
  if (input.kind === 'put') return { kind: 'put', previous: state, version: version + 1 };
  return { kind: 'delete', version: state?.version ?? null };
}

function withSwappedOutputs(
  operations: readonly KeyOperation[],
  swaps: readonly { readonly at: number; readonly with: number }[],
): KeyOperation[] {
  const changed = [...operations];
  for (const { at: left, with: right } of swaps) {
    const [one, other] = [changed[left], changed[right]];
    if (one === undefined || other === undefined) continue;
    changed[left] = { ...one, output: other.output };
    changed[right] = { ...other, output: one.output };
  }
  return changed;
}

/** Whether `order` (some of them may be left out if they were lost) respects times and outputs. */
function explains(order: readonly KeyOperation[], all: readonly KeyOperation[]): boolean {
  if (all.some((each) => each.output !== undefined && !order.includes(each))) return false;
  let state: Versioned | null = keyModel.initial;
  for (const [index, operation] of order.entries()) {
    const tooLate = order
      .slice(index + 1)
      .some(({ output, endMs }) => output !== undefined && endMs < operation.startMs);
    const after = keyModel.step(state, operation.input, operation.output);
    if (tooLate || after === undefined) return false;
    state = after;
  }
  return true;
}

/** Whether `test` holds for some order of some of `items`. */
function somePermutation<T>(items: readonly T[], test: (order: readonly T[]) => boolean): boolean {
  const go = (order: readonly T[], rest: readonly T[]): boolean =>
    test(order) ||
    rest.some((item) =>
      go(
        [...order, item],
        rest.filter((other) => other !== item),
      ),
    );
  return go([], items);
}
