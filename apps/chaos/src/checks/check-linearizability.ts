import type { Call } from '../workload/history.js';
import type { Question } from '../workload/question.js';
import type { CheckResult } from './check.js';
import { keyModel, type KeyInput, type KeyOutput } from './key-model.js';
import { checkLinearizability, type Operation } from './linearizability.js';

type KeyQuestion = Exclude<Question, { kind: 'append' }>;

interface KeyCall extends Call {
  readonly question: KeyQuestion;
}

/** Each key's history could have come from one store that did the calls one after another. */
export function checkKeys(calls: readonly Call[]): CheckResult {
  const byKey = new Map<string, Operation<KeyInput, KeyOutput>[]>();
  for (const call of calls) {
    if (!isKeyCall(call)) continue;
    const operation = operationOf(call);
    if (operation === undefined) continue;
    const { key } = call.question;
    byKey.set(key, [...(byKey.get(key) ?? []), operation]);
  }
  const findings = [...byKey].flatMap(([key, operations]) => findingsOf(key, operations));
  const all = [...byKey.values()].flat();
  const unanswered = all.filter(({ output }) => output === undefined).length;
  return {
    name: 'every key is linearizable',
    summary: `${all.length} calls on ${byKey.size} keys, ${unanswered} of unknown outcome`,
    findings,
  };
}

function isKeyCall(call: Call): call is KeyCall {
  return call.question.kind !== 'append';
}

/** Undefined for what tells nothing: calls that were never sent, reads without an answer. */
function operationOf(call: KeyCall): Operation<KeyInput, KeyOutput> | undefined {
  const { question, decided, startMs, endMs } = call;
  if (decided === undefined && (question.kind === 'get' || call.attempts.length === 0)) {
    return undefined;
  }
  const output = decided?.output;
  if (output?.kind === 'append') throw new Error('a key was answered as the ledger is');
  return { input: question, output, startMs, endMs: endMs ?? Infinity };
}

function findingsOf(key: string, operations: readonly Operation<KeyInput, KeyOutput>[]): string[] {
  const found = checkLinearizability(keyModel, operations);
  switch (found.kind) {
    case 'linearizable':
      return [];
    case 'not-linearizable': {
      const { placed, state, stuck } = found;
      return [
        `${key}: after ${placed} of ${operations.length} calls it holds ${state}, and then ` +
          `${JSON.stringify(stuck.input)} cannot have answered ${JSON.stringify(stuck.output)} ` +
          `(${stuck.startMs.toFixed(1)} to ${stuck.endMs.toFixed(1)} ms)`,
      ];
    }
    case 'too-hard':
      return [`${key}: no answer after ${found.steps} steps; run with fewer unknown outcomes`];
  }
}
