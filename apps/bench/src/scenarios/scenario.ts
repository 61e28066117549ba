import type { ClusterMode } from '@ccro/cluster-config';
import { Quit } from '@ccro/clock';
import type { BenchOptions } from '../options/bench-options.js';
import type { Progress } from '../progress.js';
import type { Column, Row, ScenarioResult, Verdict, Yardstick } from '../result/results.js';

/** What a scenario gets. */
export interface Bench {
  readonly options: BenchOptions;
  /** Which of a scenario's own numbers count where the user names none. */
  readonly size: 'quick' | 'full';
  readonly yardstick: Yardstick;
  /** For keys, stores and logs of what is started. */
  readonly directory: string;
  readonly quit: AbortSignal;
  readonly progress: Progress;
}

export interface ScenarioOutcome {
  readonly result: ScenarioResult;
  /** SVG by file name. */
  readonly charts: Readonly<Record<string, string>>;
}

/** Measures something. @throws Quit when the user wants to end; nothing it started is left then */
export type Scenario = (bench: Bench) => Promise<ScenarioOutcome>;

/** A row and whether what it says meets the targets. */
export interface JudgedRow {
  readonly row: Row;
  readonly verdicts: readonly Verdict[];
}

interface Told {
  readonly name: string;
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: Row[];
  readonly notes?: string[];
  readonly verdicts?: Verdict[];
  /** SVG by file name. */
  readonly charts?: Readonly<Record<string, string>>;
}

/** What a scenario came to. */
export function outcome(told: Told): ScenarioOutcome {
  const { name, title, columns, rows, notes = [], verdicts = [], charts = {} } = told;
  const names = Object.keys(charts);
  const result = { name, title, columns: [...columns], rows, notes, verdicts, charts: names };
  return { result, charts };
}

/** A cluster to measure. */
export interface Setting {
  readonly nodes: number;
  readonly mode: ClusterMode;
}

/** The clusters that the user named, of each size one in each mode, else these. */
export function settingsOf(
  options: BenchOptions,
  sizes: readonly number[] = [4],
  modes: readonly ClusterMode[] = ['ccro'],
): Setting[] {
  const { nodes = sizes, mode = modes } = options;
  return nodes.flatMap((n) => mode.map((each) => ({ nodes: n, mode: each })));
}

/** As it is named while it is measured. */
export function nameOfSetting({ mode, nodes }: Setting): string {
  return `${mode}, n = ${nodes}`;
}

/** Measures case after case. */
export async function measureCases<Case, Figures>(
  { quit, progress }: Bench,
  cases: readonly Case[],
  nameOf: (each: Case) => string,
  measure: (each: Case) => Promise<Figures>,
): Promise<Figures[]> {
  progress.onPlan(cases.length);
  const figures: Figures[] = [];
  for (const each of cases) {
    if (quit.aborted) throw new Quit();
    progress.onCase(nameOf(each));
    figures.push(await measure(each));
  }
  return figures;
}
