/** What the program and its workers tell each other. Plain data: it travels between processes. */

import type { BrokenProtocol, Choices, SourceEdit, Statistics, Violation } from '@ccro/simulator';

/** How a seed is turned into a run. */
export type Engine = BrokenProtocol['foundBy'];

/** The first thing a worker is told. */
export interface Setup {
  readonly kind: 'setup';
  /** What to change in the protocol before it is loaded; nothing for the real one. */
  readonly edits: readonly SourceEdit[];
}

export interface Task {
  readonly kind: 'task';
  readonly seed: number;
  readonly engine: Engine;
  readonly choices: Choices;
  /** Where to write the run's trace; none is kept unless given. */
  readonly traceFile?: string;
}

export type Finding = Pick<Violation, 'invariant' | 'detail'>;

export interface TraceSummary {
  /** SHA-256 over the lines. */
  readonly hash: string;
  readonly lines: number;
  readonly last: readonly string[];
}

/** What came of a task. */
export interface TaskResult {
  readonly kind: 'result';
  readonly seed: number;
  /** In words: mode and size. */
  readonly cluster: string;
  readonly findings: readonly Finding[];
  /** Virtual milliseconds. */
  readonly endedMs: number;
  readonly statistics: Statistics;
  readonly cpuMs: number;
  readonly trace?: TraceSummary;
}

export type ToWorker = Setup | Task;
export type FromWorker = { readonly kind: 'ready' } | TaskResult;
