/** Where a replay comes from, and how the page's address says it. */

import type { Choices, Recording } from '@ccro/simulator';

export type Mode = Recording['mode'];

export type Source =
  | { readonly kind: 'seed'; readonly seed: number; readonly choices: Partial<Choices> }
  | { readonly kind: 'case'; readonly name: string; readonly mode: Mode | undefined }
  | { readonly kind: 'trace'; readonly text: string };

const MAX_SEED = 2 ** 32 - 1;
const MODES = ['pbft', 'ccro'] as const;
const SIGNATURES = ['ed25519', 'bls'] as const;

/** @returns undefined for an address that names nothing to replay */
export function sourceIn(query: string): Source | undefined {
  const parameters = new URLSearchParams(query);
  const mode = MODES.find((each) => each === parameters.get('mode'));
  const name = parameters.get('case');
  if (name !== null) return { kind: 'case', name, mode };
  const seed = parameters.get('seed') ?? '';
  if (!/^\d+$/.test(seed) || Number(seed) > MAX_SEED) return undefined;
  const nodes = Number(parameters.get('nodes'));
  const signature = SIGNATURES.find((each) => each === parameters.get('signature'));
  const choices: Partial<Choices> = {
    ...(mode === undefined ? {} : { modes: [mode] }),
    ...(nodes >= 4 && nodes <= 31 ? { nodes: [Math.floor(nodes)] } : {}),
    ...(signature === undefined ? {} : { signatures: [signature] }),
  };
  return { kind: 'seed', seed: Number(seed), choices };
}

/** The step that an address points to, if it does. */
export function stepIn(query: string): number | undefined {
  const step = new URLSearchParams(query).get('step') ?? '';
  return /^\d+$/.test(step) ? Number(step) : undefined;
}

/** The same address with another step. */
export function withStep(query: string, step: number): string {
  const parameters = new URLSearchParams(query);
  parameters.set('step', String(step));
  return `?${parameters.toString()}`;
}
