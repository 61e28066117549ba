import { asTool } from '@ccro/program';
import {
  LOG_LEVELS,
  type ClusterMode,
  type LogLevel,
  type SignatureChoice,
} from '@ccro/cluster-config';
import { Command, Option } from 'commander';
import { randomInt } from 'node:crypto';
import { decimal, list, oneOf, seed, wholeNumber } from '@ccro/process-cluster';
import { CHAOS_FAULTS, type Fault } from '../faults/planned-fault.js';

export interface ChaosOptions {
  readonly minutes: number;
  /** Whatever is random about the plan and the workload follows from it. */
  readonly seed: string;
  readonly nodes: number;
  readonly mode: ClusterMode;
  readonly signature: SignatureChoice;
  readonly durability: 'fsync' | 'async';
  readonly gateways: number;
  /** The kinds of faults that may strike. */
  readonly only: readonly Fault['kind'][];
  readonly checkpointInterval: number;
  /** Of nodes and gateways. */
  readonly logLevel: LogLevel;
  /** Where history, timeline and report go; undefined: nowhere. */
  readonly out: string | undefined;
  /** Whether keys, stores and logs stay. */
  readonly keep: boolean;
}

const DESCRIPTION = `Runs a cluster of separate processes with a Redis of its own under load, and does to it
what happens to clusters: nodes are killed, frozen, told to lie or lose their store, Redis and the
gateways are killed and restarted, Redis refuses everybody, clocks are set, logs are read by nobody,
connections go silent or use up all files; never more than f nodes are affected at once. Then it
checks what users were told against what the nodes hold, and that every fault took effect. Exits 0
only if every check passed.`;

/** `npm run chaos -- --help`. */
export function chaosCommand(): Command {
  return asTool(new Command('npm run chaos --'), import.meta.url)
    .description(DESCRIPTION)
    .option('--minutes <m>', 'how long faults strike', decimal(0.1, 1440), 1)
    .option('--seed <s>', 'makes the plan and the workload reproducible (default: random)', seed)
    .option('--nodes <n>', 'number of nodes, 4 to 31', wholeNumber(4, 31), 4)
    .addOption(
      new Option('--mode <mode>', 'how votes travel').choices(['ccro', 'pbft']).default('ccro'),
    )
    .addOption(
      new Option('--signature <scheme>', 'how votes are signed')
        .choices(['ed25519', 'bls', 'auto'])
        .default('auto'),
    )
    .addOption(
      new Option('--durability <kind>', 'when a record counts as durable')
        .choices(['fsync', 'async'])
        .default('fsync'),
    )
    .option('--gateways <n>', 'number of gateways, 1 to 4', wholeNumber(1, 4), 2)
    .addOption(
      new Option('--only <kinds>', 'which kinds of faults may strike')
        .argParser(list(oneOf(CHAOS_FAULTS)))
        .default(CHAOS_FAULTS, 'all of them'),
    )
    .option(
      '--checkpoint-interval <k>',
      'slots from one checkpoint to the next, 16 to 512',
      wholeNumber(16, 512),
      32,
    )
    .addOption(
      new Option('--log-level <level>', 'what nodes and gateways log')
        .choices(LOG_LEVELS)
        .default('info'),
    )
    .option('--out <dir>', 'write history.jsonl, timeline.json and report.md; logs after a failure')
    .option('--keep', 'keep the working directory with keys, stores and logs', false);
}

/** What was typed. Ends the process with one line when it is not allowed. */
export function readChaosOptions(argv: readonly string[]): ChaosOptions {
  const command = chaosCommand();
  command.parse([...argv], { from: 'user' });
  const typed = command.opts<Omit<ChaosOptions, 'seed' | 'out'> & Partial<ChaosOptions>>();
  return { ...typed, seed: typed.seed ?? String(randomInt(1_000_000)), out: typed.out };
}
