/**
 * What the seed takes for a decision: measured with its own programs on a machine with 2 cores for
 * 4 to 61 nodes, as published for 91.
 */
const FIGURES: Readonly<Record<number, { readonly offline: string; readonly falsify: string }>> = {
  4: { offline: '13–14 ms', falsify: '32–58 ms' },
  16: { offline: '1.1–1.8 s', falsify: '1.9–2.4 s' },
  31: { offline: '7.2–8.1 s', falsify: '15–19 s' },
  61: { offline: '69 s', falsify: 'not measured' },
  91: { offline: '171 s', falsify: 'fails' },
};

/** @returns null where there is no figure */
export function seedFigure(nodes: number, kind: 'offline' | 'falsify'): string | null {
  return FIGURES[nodes]?.[kind] ?? null;
}

/** The rows of the seed's two tables: how many nodes are faulty, of n = 3f + 1. */
export const SEED_BYZANTINE: readonly number[] = [1, 5, 10, 15, 20, 25, 30];
/** What the two tables are of: nodes that are offline, and malicious ones. */
export const SEED_FAULTS = ['offline', 'falsify'] as const;
