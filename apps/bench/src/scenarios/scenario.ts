import type { ClusterMode } from '@ccro/cluster-config';
import { Quit } from '@ccro/clock';
import type { BenchOptions } from '../options/bench-options.js';
import type { ScenarioResult, Yardstick } from '../result/results.js';

/** What a scenario gets. */
export interface Bench {
  readonly options: BenchOptions;
  readonly yardstick: Yardstick;
  /** For keys, stores and logs of what is started. */
  readonly directory: string;
  readonly quit: AbortSignal;
  /** Told how many cases there will be, then the name of each as it begins. */
  readonly onPlan: (cases: number) => void;
  readonly onCase: (name: string) => void;
}

export interface ScenarioOutcome {
  readonly result: ScenarioResult;
  /** SVG by file name. */
  readonly charts: Readonly<Record<string, string>>;
}

/** Measures something. @throws Quit when the user wants to end; nothing it started is left then */
export type Scenario = (bench: Bench) => Promise<ScenarioOutcome>;

/** A cluster to measure. */
export interface Setting {
  readonly nodes: number;
  readonly mode: ClusterMode;
}

/** The clusters that the user named: of each size one in each mode; the smallest in CCRO if none. */
export function settingsOf({ nodes = [4], mode = ['ccro'] }: BenchOptions): Setting[] {
  return nodes.flatMap((n) => mode.map((each) => ({ nodes: n, mode: each })));
}

/** As it is named while it is measured. */
export function nameOfSetting({ mode, nodes }: Setting): string {
  return `${mode}, n = ${nodes}`;
}

/** Measures case after case. */
export async function measureCases<Case, Figures>(
  { quit, onPlan, onCase }: Bench,
  cases: readonly Case[],
  nameOf: (each: Case) => string,
  measure: (each: Case) => Promise<Figures>,
): Promise<Figures[]> {
  onPlan(cases.length);
  const figures: Figures[] = [];
  for (const each of cases) {
    if (quit.aborted) throw new Quit();
    onCase(nameOf(each));
    figures.push(await measure(each));
  }
  return figures;
}
