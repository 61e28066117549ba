import { describe, expect, it } from 'vitest';
import type { Output, Question } from '../workload/question.js';
import type { Call } from '../workload/history.js';
import { aCall, aDecidedCall, append, put } from './call.testkit.js';
import { checkKeys } from './check-linearizability.js';

function decided(question: Question, times: readonly [number, number], output: Output): Call {
  return aDecidedCall(question, times, { id: 'c-1', sequence: 1, output });
}

const get = (key: string): Question => ({ kind: 'get', key });
const wrote = (version: number): Output => ({
  kind: 'put',
  previous: version === 1 ? null : { value: 'a', version: version - 1 },
  version,
});
const read = (value: string, version: number): Output => ({
  kind: 'get',
  found: { value, version },
});

describe('the histories of all keys', () => {
  it('pass each for itself, whatever else was asked', () => {
    const calls = [
      decided(put('one', 'a'), [0, 1], wrote(1)),
      decided(put('two', 'a'), [2, 3], wrote(1)),
      decided(get('one'), [4, 5], read('a', 1)),
      aCall(get('one'), [6, 7]),
      aCall(append('x'), [6, 7]),
    ];
    expect(checkKeys(calls)).toMatchObject({
      findings: [],
      summary: '3 calls on 2 keys, 0 of unknown outcome',
    });
  });

  it('name the key and the call that do not fit', () => {
    const calls = [
      decided(put('one', 'a'), [0, 1], wrote(1)),
      decided(put('one', 'b'), [2, 3], wrote(2)),
      decided(get('one'), [4, 5], read('a', 1)),
    ];
    expect(checkKeys(calls).findings).toEqual([
      expect.stringMatching(/^one: after 2 of 3 calls it holds \["b",2\].*"get".*"a"/),
    ]);
  });

  it('count calls of unknown outcome, except those that were never sent', () => {
    const calls = [
      aCall(put('one', 'a'), [0, 1]),
      aCall(put('one', 'b'), [0, 1], { attempts: [] }),
      decided(get('one'), [4, 5], read('a', 1)),
    ];
    expect(checkKeys(calls)).toMatchObject({
      findings: [],
      summary: '2 calls on 1 keys, 1 of unknown outcome',
    });
    expect(checkKeys(calls.slice(1)).findings).toHaveLength(1);
  });
});
