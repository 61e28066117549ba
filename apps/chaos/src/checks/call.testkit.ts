/** Calls and incidents as a run would leave them, for the checks' specs. */

import type { LedgerSlot } from '../audit/ledger-archive.js';
import type { Fault } from '../faults/planned-fault.js';
import type { Incident } from '../timeline.js';
import type { Call, Decided } from '../workload/history.js';
import { operationOf, type Question } from '../workload/question.js';

export const append = (data: string): Question => ({ kind: 'append', data });
export const put = (key: string, value: string): Question => ({ kind: 'put', key, value });

let numbers = 0;

/** A call that took from `startMs` to `endMs`. */
export function aCall(
  question: Question,
  [startMs, endMs]: readonly [number, number],
  rest: Partial<Omit<Call, 'acceptedIds'>> & { readonly acceptedIds?: readonly string[] } = {},
): Call {
  numbers += 1;
  const { acceptedIds = [], ...overrides } = rest;
  return {
    number: numbers,
    client: 'tester',
    question,
    idempotencyKey: undefined,
    startMs,
    endMs,
    attempts: [{ gateway: 'g', startMs, endMs, result: 200 }],
    isBelated: false,
    decided: undefined,
    problem: undefined,
    ...overrides,
    acceptedIds: new Set(acceptedIds),
  };
}

/** A call that was decided. */
export function aDecidedCall(
  question: Question,
  times: readonly [number, number],
  decided: Decided,
): Call {
  return aCall(question, times, { decided, acceptedIds: [decided.id] });
}

/** Slots 1, 2, ... of one batch each: request ids (client `c`) with what they ask. */
export function aLedger(
  ...batches: readonly (readonly (readonly [timestamp: number, question: Question])[])[]
): LedgerSlot[] {
  return batches.map((batch, index) => ({
    sequence: index + 1,
    digest: `digest ${index + 1}`,
    requests: batch.map(([timestamp, question]) => ({
      id: `c-${timestamp}`,
      client: 'c',
      timestamp,
      operation: operationOf(question),
    })),
  }));
}

/** A fault that struck and is over. */
export function anIncident(
  fault: Fault,
  role: string | undefined,
  [startMs, overMs]: readonly [number, number | undefined],
): Incident {
  numbers += 1;
  return {
    number: numbers,
    fault,
    target: role === undefined ? fault.kind : 'node 1',
    role,
    view: 0,
    startMs,
    healedMs: overMs,
    overMs,
    showed: 'it did',
    notes: [],
  };
}
