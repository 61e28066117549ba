import { asTool } from '@ccro/program';
import {
  CELL_FAULTS,
  LIMITS,
  MODES,
  planOf,
  planRequestSchema,
  type ExperimentPlan,
  type PlanRequest,
} from '@ccro/experiment';
import { list, oneOf, wholeNumber } from '@ccro/process-cluster';
import { Command } from 'commander';

interface Files {
  /** Whether the CSV has the layout of the seed's tables instead of a line a cell. */
  readonly seedTables: boolean;
  readonly csv?: string;
  readonly json?: string;
  /** Directory for the charts. */
  readonly svg?: string;
}

export interface ExperimentOptions extends Files {
  readonly plan: ExperimentPlan;
}

interface Typed extends Files, Omit<PlanRequest, 'preset' | 'payloadBytes'> {
  readonly payload?: number[];
}

/** `npm run experiment -- --help`. */
function experimentCommand(): Command {
  const { nodes, byzantine, rounds, payloadBytes } = LIMITS;
  return asTool(new Command('npm run experiment --'), import.meta.url)
    .description(
      'Measures one cluster after another: every combination of the modes, sizes, faults and ' +
        'payloads asked for. All nodes of a cluster are in one process, as for `bench faults`.',
    )
    .option('--mode <list>', `${MODES.join(', ')} (default: both)`, list(oneOf(MODES)))
    .option(
      '--nodes <list>',
      `sizes of clusters, ${nodes.min} to ${nodes.max}; as many nodes are faulty as they tolerate`,
      list(wholeNumber(nodes.min, nodes.max)),
    )
    .option(
      '--byzantine <list>',
      `numbers f of faulty nodes, ${byzantine.min} to ${byzantine.max}, of n = 3f + 1`,
      list(wholeNumber(byzantine.min, byzantine.max)),
    )
    .option(
      '--fault <list>',
      `what they do: ${CELL_FAULTS.join(', ')} (default: none)`,
      list(oneOf(CELL_FAULTS)),
    )
    .option(
      '--rounds <n>',
      'decisions measured for each figure, which is their median (default: 3)',
      wholeNumber(rounds.min, rounds.max),
    )
    .option(
      '--payload <list>',
      'bytes of a request (default: 200)',
      list(wholeNumber(payloadBytes.min, payloadBytes.max)),
    )
    .option('--seed-tables', "the seed's two tables: f = 1, 5, ... 30, offline, malicious", false)
    .option('--csv <file>', "write the figures there, a line a cell or the seed's tables")
    .option('--json <file>', 'write the figures there')
    .option('--svg <dir>', 'write the charts time.svg and messages.svg there');
}

/** What was typed. Ends the process with one line when it is not allowed. */
export function readExperimentOptions(argv: readonly string[]): ExperimentOptions {
  const command = experimentCommand();
  command.parse([...argv], { from: 'user' });
  const { mode, nodes, byzantine, fault, rounds, payload, ...files } = command.opts<Typed>();
  const preset = files.seedTables ? 'seed-tables' : undefined;
  const sweep = { preset, mode, nodes, byzantine, fault, rounds, payloadBytes: payload };
  const request = planRequestSchema.safeParse(sweep);
  if (request.success) return { plan: planOf(request.data), ...files };
  if ([nodes, byzantine, preset].filter((each) => each !== undefined).length !== 1) {
    command.error('error: give one of --nodes, --byzantine and --seed-tables');
  }
  return command.error(`error: ${request.error.issues[0]?.message ?? 'that makes no experiment'}`);
}
