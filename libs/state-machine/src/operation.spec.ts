import { describe, expect, it } from 'vitest';
import {
  appendOperation,
  deleteOperation,
  encodeOperation,
  getOperation,
  OperationError,
  putOperation,
  type JsonValue,
} from './operation.js';

function nested(levels: number): JsonValue {
  let value: JsonValue = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
}

describe('operation builders', () => {
  it('write what the applications read', () => {
    expect(appendOperation({ a: 1 })).toBe('{"type":"append","data":{"a":1}}');
    expect(putOperation('k', [1])).toBe('{"type":"kv.put","key":"k","value":[1]}');
    expect(getOperation('k')).toBe('{"type":"kv.get","key":"k"}');
    expect(deleteOperation('k')).toBe('{"type":"kv.delete","key":"k"}');
    expect(encodeOperation({ type: 'x' })).toBe('{"type":"x"}');
  });

  it.each([
    ['operation-too-deep', () => appendOperation(nested(64))],
    ['operation-too-deep', () => appendOperation(nested(100_000))],
    ['operation-too-large', () => appendOperation('x'.repeat(2 ** 20))],
    ['invalid-key', () => putOperation('', 1)],
    ['invalid-key', () => getOperation('k'.repeat(513))],
  ])('refuse with %s what would not execute', (code, build) => {
    expect(build).toThrow(expect.objectContaining({ code, name: OperationError.name }));
  });

  it.each([
    ['NaN', Number.NaN],
    ['an infinity', -Infinity],
    ['-0', -0],
    ['a function', () => 1],
    ['a bigint', 1n],
    ['a date', new Date(0)],
    ['what says itself how it is spelled', { toJSON: () => 1 }],
    ['a hole', new Array(2)],
    ['undefined in a list', [undefined]],
  ])('B1, sibling: refuse %s, which JSON would make something else of', (_name, data) => {
    const build = () => encodeOperation({ type: 'x', data: data as never });
    expect(build).toThrow(new OperationError('inexact-operation'));
    expect(() => appendOperation([data] as never)).toThrow(OperationError);
  });

  it('B1, sibling: leave out fields that are undefined', () => {
    expect(encodeOperation({ type: 'x', note: undefined as never })).toBe('{"type":"x"}');
  });

  it('allow the deepest operation that executes', () => {
    expect(() => appendOperation(nested(63))).not.toThrow();
  });
});
