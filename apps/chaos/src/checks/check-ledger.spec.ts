import { describe, expect, it } from 'vitest';
import { aCall, aDecidedCall, aLedger, append, put } from './call.testkit.js';
import { checkAccepted, checkAnswers, checkOnce, replay } from './check-ledger.js';
import type { LedgerSlot } from '../audit/ledger-archive.js';
import { outputOf, type Question } from '../workload/question.js';
import type { Call } from '../workload/history.js';

const BATCHES = [
  [
    [1, put('k', 'a')],
    [2, append('x')],
  ],
  [[3, put('k', 'b')]],
] as const;
const LEDGER: readonly LedgerSlot[] = aLedger(...BATCHES);
const EXECUTED = replay(LEDGER);

/** The call that request `c-<timestamp>` was, answered as executing the ledger answers. */
function answered(timestamp: number, question: Question): Call {
  const id = `c-${timestamp}`;
  const { sequence = 0, result } = EXECUTED.get(id) ?? {};
  const output = outputOf(question, result);
  if (output === undefined) throw new Error(`no result of ${id}`);
  return aDecidedCall(question, [0, 1], { id, sequence, output });
}

const ANSWERED = BATCHES.flat().map(([timestamp, question]) => answered(timestamp, question));

describe('a ledger that keeps what was promised', () => {
  it('passes', () => {
    expect(checkAnswers(ANSWERED, EXECUTED).findings).toEqual([]);
    expect(checkAccepted(ANSWERED, EXECUTED).findings).toEqual([]);
    expect(checkOnce(ANSWERED, EXECUTED).findings).toEqual([]);
  });

  it('passes when a request was ordered twice, which executes once', () => {
    const again = replay(aLedger(...BATCHES, [[1, put('k', 'a')]]));
    expect(checkAnswers(ANSWERED, again).findings).toEqual([]);
    expect(checkOnce(ANSWERED, again).findings).toEqual([]);
  });

  it('passes with calls of unknown outcome that did not happen', () => {
    const calls = [...ANSWERED, aCall(put('k', 'never'), [0, 9])];
    expect(checkAnswers(calls, EXECUTED).findings).toEqual([]);
    expect(checkAccepted(calls, EXECUTED).findings).toEqual([]);
  });
});

describe('acknowledged requests', () => {
  it('are missed when they are not in the ledger', () => {
    const shorter = replay(LEDGER.slice(0, 1));
    expect(checkAnswers(ANSWERED, shorter).findings).toEqual([
      expect.stringMatching(/request c-3\): acknowledged at slot 2, not in the ledger/),
    ]);
  });

  it.each<[string, (call: Call) => Partial<Call>, RegExp]>([
    ['another place', ({ decided }) => ({ decided: decided && { ...decided, sequence: 7 } }), /7/],
    ['another question', () => ({ question: put('k', 'z') }), /another operation/],
    [
      'another answer',
      ({ decided }) => ({
        decided: decided && { ...decided, output: { kind: 'put', previous: null, version: 1 } },
      }),
      /the ledger gives .*"version":2/,
    ],
  ])('are found out in %s', (_, change, message) => {
    const call = answered(3, put('k', 'b'));
    const { findings } = checkAnswers([{ ...call, ...change(call) }], EXECUTED);
    expect(findings).toEqual([expect.stringMatching(message)]);
  });
});

describe('accepted requests', () => {
  it('are missed when the ledger has not got them', () => {
    const call = aCall(append('lost'), [0, 1], { acceptedIds: ['c-9'] });
    expect(checkAccepted([call], EXECUTED).findings).toEqual([
      expect.stringMatching(/c-9 .* not in the ledger/),
    ]);
  });

  it('are missed when a patient caller never had an answer', () => {
    const call = aCall(append('x'), [0, 1], { idempotencyKey: 'key', acceptedIds: ['c-2'] });
    expect(checkAccepted([call], EXECUTED).findings).toEqual([
      expect.stringMatching(/Idempotency-Key key\) was never answered/),
    ]);
  });
});

describe('execution', () => {
  it('is found out when it happens twice, under two ids', () => {
    const twice = replay(aLedger(...BATCHES, [[8, append('x')]]));
    expect(checkOnce(ANSWERED, twice).findings).toEqual([
      expect.stringMatching(/executed 2 times: c-2, c-8/),
    ]);
  });

  it('is suspected when one call was accepted under two ids', () => {
    const call = aCall({ kind: 'delete', key: 'k' }, [0, 1], { acceptedIds: ['c-1', 'c-2'] });
    expect(checkOnce([call], EXECUTED).findings).toEqual([
      expect.stringMatching(/several ids: c-1, c-2/),
    ]);
  });
});
