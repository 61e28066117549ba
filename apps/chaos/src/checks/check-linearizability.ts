import type { Call } from '../workload/history.js';
import type { Output, Versioned } from '../workload/question.js';
import type { CheckResult } from './check.js';
import { checkLinearizability, type Operation, type SequentialModel } from './linearizability.js';

export type KeyInput =
  | { readonly kind: 'put'; readonly value: string }
  | { readonly kind: 'get' }
  | { readonly kind: 'delete' };

export type KeyOutput = Exclude<Output, { kind: 'append' }>;

/** Each key's history could have come from one store that did the calls one after another. */
export function checkKeys(calls: readonly Call[]): CheckResult {
  const byKey = new Map<string, Operation<KeyInput, KeyOutput>[]>();
  for (const call of calls) {
    const { question } = call;
    if (question.kind === 'append' || tellsNothing(call)) continue;
    byKey.set(question.key, [...(byKey.get(question.key) ?? []), operationOf(call, question)]);
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

/** Calls that were never sent, reads without an answer. */
function tellsNothing({ question, decided, attempts }: Call): boolean {
  return decided === undefined && (question.kind === 'get' || attempts.length === 0);
}

function operationOf(call: Call, input: KeyInput): Operation<KeyInput, KeyOutput> {
  const output = call.decided?.output;
  if (output?.kind === 'append') throw new Error('a key was answered as the ledger is');
  return { input, output, startMs: call.startMs, endMs: call.endMs ?? Infinity };
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

/** One key of the replicated store, as its operations act one after another. */
export const keyModel: SequentialModel<Versioned | null, KeyInput, KeyOutput> = {
  initial: null,
  step(state, input, output) {
    if (output !== undefined && !fits(state, input, output)) return undefined;
    switch (input.kind) {
      case 'put':
        return { value: input.value, version: (state?.version ?? 0) + 1 };
      case 'get':
        return state;
      case 'delete':
        return null;
    }
  },
  describe: (state) => (state === null ? 'nothing' : JSON.stringify([state.value, state.version])),
};

function fits(state: Versioned | null, input: KeyInput, output: KeyOutput): boolean {
  if (input.kind !== output.kind) return false;
  switch (output.kind) {
    case 'put':
      return same(output.previous, state) && output.version === (state?.version ?? 0) + 1;
    case 'get':
      return same(output.found, state);
    case 'delete':
      return output.version === (state?.version ?? null);
  }
}

function same(left: Versioned | null, right: Versioned | null): boolean {
  return left?.version === right?.version && left?.value === right?.value;
}
