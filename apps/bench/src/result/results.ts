/** What a run comes to, as results.json holds it. */

import { z } from 'zod';

/** What a cell is; `text` and `count` as they are, the others to be shown with their unit. */
const unit = z.enum(['text', 'count', 'ms', 'µs', 'bytes', 'per second', 'percent', 'times']);

const column = z.object({
  key: z.string(),
  title: z.string(),
  unit,
  /** Whether it says which case the row is, as texts do, instead of what came out. */
  label: z.literal(true).optional(),
  /** The yardstick whose multiple is shown beside a time. */
  against: z.enum(['redisRoundTrip', 'signatureCheck', 'diskSync']).optional(),
});

const cell = z.union([z.string(), z.number(), z.null()]);

const verdict = z.object({
  what: z.string(),
  measured: z.number(),
  sense: z.enum(['at most', 'at least']),
  limit: z.number(),
  unit,
  met: z.boolean(),
});

const scenarioResult = z.object({
  name: z.string(),
  title: z.string(),
  columns: z.array(column),
  rows: z.array(z.record(z.string(), cell)),
  /** What has to be known to read the table. */
  notes: z.array(z.string()),
  verdicts: z.array(verdict),
  /** File names of its charts. */
  charts: z.array(z.string()),
});

/** Microseconds this machine takes, medians. */
const yardstick = z.object({
  /** A message to another process over Redis pub/sub and one back: two hops. */
  redisRoundTrip: z.number(),
  /** One Ed25519 signature made, and one checked. */
  signature: z.number(),
  signatureCheck: z.number(),
  /** One small write that is on the disk when it is done. */
  diskSync: z.number(),
});

const machine = z.object({
  processor: z.string(),
  cores: z.number(),
  memoryBytes: z.number(),
  system: z.string(),
  node: z.string(),
  redis: z.string(),
  /** Processes that wanted a processor in the minute before the run. */
  loadBefore: z.number(),
});

export const resultsSchema = z.object({
  command: z.string(),
  /** Of the working copy; null without git. */
  commit: z.string().nullable(),
  startedAt: z.string(),
  durationMs: z.number(),
  quick: z.boolean(),
  machine,
  yardstick,
  scenarios: z.array(scenarioResult),
});

export type Unit = z.infer<typeof unit>;
export type Column = Readonly<z.infer<typeof column>>;
export type Cell = z.infer<typeof cell>;
export type Row = Readonly<Record<string, Cell>>;
export type Verdict = Readonly<z.infer<typeof verdict>>;
export type Machine = Readonly<z.infer<typeof machine>>;
export type Yardstick = Readonly<z.infer<typeof yardstick>>;
export type ScenarioResult = Readonly<z.infer<typeof scenarioResult>>;
export type Results = Readonly<z.infer<typeof resultsSchema>>;

/** Results with the charts that belong to them. */
export interface BenchRun {
  readonly results: Results;
  /** SVG by file name. */
  readonly charts: Readonly<Record<string, string>>;
}
