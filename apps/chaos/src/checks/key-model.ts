import type { SequentialModel } from './linearizability.js';

/** What a key holds, with the number of writes since it came into being. */
export interface Versioned {
  readonly value: unknown;
  readonly version: number;
}

export type KeyInput =
  | { readonly kind: 'put'; readonly value: string }
  | { readonly kind: 'get' }
  | { readonly kind: 'delete' };

/** What an operation on a key tells. */
export type KeyOutput =
  | { readonly kind: 'put'; readonly previous: Versioned | null; readonly version: number }
  | { readonly kind: 'get'; readonly found: Versioned | null }
  /** The version removed; null when the key was not there. */
  | { readonly kind: 'delete'; readonly version: number | null };

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
