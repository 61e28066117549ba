/** A place in a source file; both count from 1. */
interface Position {
  readonly line: number;
  readonly column: number;
}

interface Mutant {
  readonly file: string;
  readonly mutator: string;
  readonly original: string;
  readonly replacement: string;
  readonly start: Position;
  readonly end: Position;
  readonly key: string;
  readonly survived: boolean;
}

type EquivalentMutant = Pick<Mutant, 'file' | 'original' | 'replacement'> & { reason: string };

export function readMutants(report: object): Mutant[];
export function patternOfMutant(mutant: Pick<Mutant, 'file' | 'start' | 'end'>): string;
export function withSecondRound(mutants: readonly Mutant[], again: readonly Mutant[]): Mutant[];
export function sortOut(
  mutants: readonly Mutant[],
  equivalent: readonly EquivalentMutant[],
): {
  readonly explained: readonly Mutant[];
  readonly unexplained: readonly Mutant[];
  readonly stale: readonly EquivalentMutant[];
  readonly score: number;
};
export function scoreTable(mutants: readonly Mutant[], explained: readonly Mutant[]): string;
export function survivorLines(survivors: readonly Mutant[]): string[];
