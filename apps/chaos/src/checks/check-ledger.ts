/** The ledger against what users were told: nothing lost, nothing twice, nothing made up. */

import { createStateMachine } from '@ccro/state-machine';
import { isDeepStrictEqual } from 'node:util';
import type { LedgerSlot } from '../audit/ledger-archive.js';
import type { Call } from '../workload/history.js';
import { operationOf, outputOf, type Question } from '../workload/question.js';
import type { CheckResult } from './check.js';

/** What executing the ledger makes of a request. */
export interface Executed {
  readonly sequence: number;
  readonly operation: string;
  readonly result: unknown;
}

/** Executes the ledger once more, here: outcomes by request id. */
export function replay(ledger: readonly LedgerSlot[]): ReadonlyMap<string, Executed> {
  const outcomes = new Map<string, Executed>();
  const stateMachine = createStateMachine();
  for (const { sequence, requests } of ledger) {
    for (const { id, client, timestamp, operation } of requests) {
      // A request that was ordered again executes no second time.
      if (outcomes.has(id)) continue;
      const text = stateMachine.execute(operation, { client, timestamp, sequence });
      outcomes.set(id, { sequence, operation, result: JSON.parse(text) as unknown });
    }
  }
  return outcomes;
}

/** Every answer is what the ledger gives for that request, at that place. */
export function checkAnswers(
  calls: readonly Call[],
  executed: ReadonlyMap<string, Executed>,
): CheckResult {
  const answered = calls.filter(({ decided }) => decided !== undefined);
  return {
    name: 'every acknowledged request is in the ledger, with the answer that was given',
    summary: `${answered.length} answers`,
    findings: answered.flatMap((call) => answerFindings(call, executed)),
  };
}

function answerFindings(call: Call, executed: ReadonlyMap<string, Executed>): string[] {
  const { decided, question } = call;
  if (decided === undefined) return [];
  const { id, sequence, output } = decided;
  const found = executed.get(id);
  const name = `call ${call.number} (${question.kind}, request ${id})`;
  if (found === undefined) return [`${name}: acknowledged at slot ${sequence}, not in the ledger`];
  if (found.operation !== operationOf(question)) {
    return [`${name}: the ledger holds another operation: ${found.operation}`];
  }
  if (found.sequence !== sequence) {
    return [`${name}: acknowledged at slot ${sequence}, executed at slot ${found.sequence}`];
  }
  const expected = outputOf(question, found.result);
  if (isDeepStrictEqual(expected, output)) return [];
  return [
    `${name}: answered ${JSON.stringify(output)}, the ledger gives ${JSON.stringify(expected)}`,
  ];
}

/** Whatever a gateway said that it has accepted was decided. */
export function checkAccepted(
  calls: readonly Call[],
  executed: ReadonlyMap<string, Executed>,
): CheckResult {
  const ids = new Map(calls.flatMap((call) => [...call.acceptedIds].map((id) => [id, call])));
  const lost = [...ids].filter(([id]) => !executed.has(id));
  const waiting = calls.filter(
    ({ idempotencyKey, decided, attempts }) =>
      idempotencyKey !== undefined && decided === undefined && attempts.length > 0,
  );
  return {
    name: 'every accepted request ended decided',
    summary: `${ids.size} accepted, ${calls.length - waiting.length} of ${calls.length} calls over`,
    findings: [
      ...lost.map(
        ([id, call]) => `request ${id} (call ${call.number}) was accepted and is not in the ledger`,
      ),
      ...waiting.map(
        ({ number, idempotencyKey, attempts }) =>
          `call ${number} (Idempotency-Key ${idempotencyKey}) was never answered: ` +
          `${attempts.length} attempts, the last one ended with ${attempts.at(-1)?.result}`,
      ),
    ],
  };
}

/** No call was executed under two ids. Values are unique, so they tell. */
export function checkOnce(
  calls: readonly Call[],
  executed: ReadonlyMap<string, Executed>,
): CheckResult {
  const idsByOperation = new Map<string, string[]>();
  for (const [id, { operation }] of executed) {
    idsByOperation.set(operation, [...(idsByOperation.get(operation) ?? []), id]);
  }
  const unique = calls.filter(({ question }) => isUnique(question));
  const twice = unique.flatMap(({ number, question }) => {
    const ids = idsByOperation.get(operationOf(question)) ?? [];
    return ids.length < 2
      ? []
      : [`call ${number} was executed ${ids.length} times: ${ids.join(', ')}`];
  });
  const severalIds = calls
    .filter(({ acceptedIds }) => acceptedIds.size > 1)
    .map(
      ({ number, idempotencyKey, acceptedIds }) =>
        `call ${number} (Idempotency-Key ${idempotencyKey}) was accepted under several ids: ` +
        [...acceptedIds].join(', '),
    );
  return {
    name: 'nothing was executed twice',
    summary: `${unique.length} unique values, ${executed.size} requests executed`,
    findings: [...twice, ...severalIds],
  };
}

function isUnique(question: Question): boolean {
  return question.kind === 'put' || question.kind === 'append';
}
