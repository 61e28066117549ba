import { createStateMachine } from '@ccro/state-machine';
import { describe, expect, it } from 'vitest';
import { httpFormOf, operationOf, outputOf, resultIn, type Question } from './question.js';

const put = (value: string): Question => ({ kind: 'put', key: 'a/b', value });
const get: Question = { kind: 'get', key: 'a/b' };
const remove: Question = { kind: 'delete', key: 'a/b' };
const append: Question = { kind: 'append', data: 'x' };

describe('what the state machine makes of a question', () => {
  it('is read as what the question asked', () => {
    const stateMachine = createStateMachine();
    const outputs = [get, put('1'), put('2'), get, remove, remove, append].map(
      (question, index) => {
        const context = { client: 'c', timestamp: index, sequence: index };
        return outputOf(question, JSON.parse(stateMachine.execute(operationOf(question), context)));
      },
    );
    expect(outputs).toEqual([
      { kind: 'get', found: null },
      { kind: 'put', previous: null, version: 1 },
      { kind: 'put', previous: { value: '1', version: 1 }, version: 2 },
      { kind: 'get', found: { value: '2', version: 2 } },
      { kind: 'delete', version: 2 },
      { kind: 'delete', version: null },
      { kind: 'append', index: 1, hash: expect.any(String) as string },
    ]);
  });

  it.each([put('1'), get, remove, append])('is nothing else: %j', (question) => {
    for (const result of [undefined, null, {}, { error: 'store-full' }, { version: 0 }]) {
      expect(outputOf(question, result)).toBeUndefined();
    }
  });
});

describe('an answer over HTTP', () => {
  it.each([
    [put('1'), 200, { version: 1, previous: null }, { kind: 'put', previous: null, version: 1 }],
    [get, 200, { value: 'v', version: 3 }, { kind: 'get', found: { value: 'v', version: 3 } }],
    [get, 404, { detail: 'none' }, { kind: 'get', found: null }],
    [remove, 200, { deleted: true, version: 3 }, { kind: 'delete', version: 3 }],
    [remove, 404, {}, { kind: 'delete', version: null }],
    [append, 200, { result: { index: 1, hash: 'h' } }, { kind: 'append', index: 1, hash: 'h' }],
  ] as const)('says the same: %j %i %j', (question, status, body, output) => {
    expect(outputOf(question, resultIn(question, status, body))).toEqual(output);
  });

  it('is asked for where the gateway has it', () => {
    expect(httpFormOf(put('1'))).toEqual({
      method: 'PUT',
      path: '/kv/a%2Fb',
      json: { value: '1' },
    });
    expect(httpFormOf(append)).toEqual({ method: 'POST', path: '/requests', json: { data: 'x' } });
  });
});
