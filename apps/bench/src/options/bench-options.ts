import { asTool } from '@ccro/program';
import type { ClusterMode } from '@ccro/cluster-config';
import { list, oneOf, wholeNumber } from '@ccro/process-cluster';
import { Argument, Command } from 'commander';

/** What can be measured, in the order in which it is. The yardstick is part of every run. */
export const SCENARIO_NAMES = [
  'yardstick',
  'latency',
  'throughput',
  'watched',
  'overload',
  'abuse',
  'recovery',
  'scale',
  'faults',
  'durability',
  'memory',
] as const;
export type ScenarioName = (typeof SCENARIO_NAMES)[number];

export const MODES: readonly ClusterMode[] = ['ccro', 'pbft'];

/** What one client of the library may have under way. */
const MAX_IN_FLIGHT = 2_048;
const MAX_NODES = 1_024;

export interface BenchOptions {
  /** In the order of `SCENARIO_NAMES`, none twice. */
  readonly scenarios: readonly ScenarioName[];
  readonly quick: boolean;
  /** By default a fresh directory below `bench-results`. */
  readonly out?: string;
  /** Cluster sizes instead of each scenario's own. */
  readonly nodes?: readonly number[];
  readonly mode?: readonly ClusterMode[];
  /** Requests (or decisions) measured in each case instead of each scenario's own number. */
  readonly requests?: number;
  /** Requests under way at a time, one level after another. */
  readonly inFlight?: readonly number[];
  /** Kinds of abuse whose names contain one of these instead of all of them. */
  readonly abuses?: readonly string[];
  readonly writeDocs: boolean;
  /** Directories of earlier runs to write the docs from, instead of measuring. */
  readonly from?: readonly string[];
  readonly keep: boolean;
}

/** `npm run bench -- --help`. */
export function benchCommand(): Command {
  return asTool(new Command('npm run bench --'), import.meta.url)
    .description(
      'Measures the cluster: each figure beside what this machine itself takes for a Redis round ' +
        'trip, a signature and a write to disk, so that figures of different machines compare. ' +
        'Prints tables and whether each target is met; writes results.json, results.csv and charts.',
    )
    .addArgument(
      new Argument('[scenario...]', 'what to measure; all of it by default').choices(
        SCENARIO_NAMES,
      ),
    )
    .option('--quick', 'few requests, small clusters: about a minute in all', false)
    .option('--out <dir>', 'where the files go (default: a fresh directory in bench-results)')
    .option('--nodes <list>', 'cluster sizes, e.g. 4,7,16', list(wholeNumber(1, MAX_NODES)))
    .option('--mode <list>', `modes: ${MODES.join(', ')}`, list(oneOf(MODES)))
    .option('--requests <n>', 'requests measured in each case', wholeNumber(1, 100_000_000))
    .option(
      '--in-flight <list>',
      'requests under way at a time (throughput, durability, memory)',
      list(wholeNumber(1, MAX_IN_FLIGHT)),
    )
    .option('--abuses <text...>', 'only kinds of abuse with one of these in their names')
    .option('--write-docs', 'write docs/BENCHMARKS.md from the results', false)
    .option(
      '--from <dir...>',
      'with --write-docs: use the results there and measure nothing; of scenarios in several ' +
        'directories the last one counts',
    )
    .option('--keep', 'keep the working directory with keys, stores and logs', false);
}

/** What was typed. Ends the process with one line when it is not allowed. */
export function readBenchOptions(
  argv: readonly string[],
  command: Command = benchCommand(),
): BenchOptions {
  command.parse([...argv], { from: 'user' });
  const typed = command.opts<Omit<BenchOptions, 'scenarios'>>();
  if (typed.from !== undefined && !typed.writeDocs) {
    command.error('error: --from is only for --write-docs: give that as well');
  }
  const named = new Set(command.args);
  const all = named.size === 0;
  return { scenarios: SCENARIO_NAMES.filter((name) => all || named.has(name)), ...typed };
}

/** The command line that asks for the same again. */
export function commandLine(options: BenchOptions): string {
  const { scenarios, quick, nodes, mode: modes, requests, inFlight, abuses } = options;
  const all = scenarios.length === SCENARIO_NAMES.length;
  const parts = [
    ...(all ? [] : scenarios),
    ...(quick ? ['--quick'] : []),
    ...(nodes === undefined ? [] : ['--nodes', nodes.join(',')]),
    ...(modes === undefined ? [] : ['--mode', modes.join(',')]),
    ...(requests === undefined ? [] : ['--requests', String(requests)]),
    ...(inFlight === undefined ? [] : ['--in-flight', inFlight.join(',')]),
    ...(abuses === undefined ? [] : ['--abuses', ...abuses.map((text) => JSON.stringify(text))]),
  ];
  return ['npm run bench', ...(parts.length === 0 ? [] : ['--', ...parts])].join(' ');
}
