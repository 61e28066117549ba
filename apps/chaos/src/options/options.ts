/** What the programs are told on their command lines. */

import {
  LOG_LEVELS,
  type ClusterMode,
  type LogLevel,
  type SignatureChoice,
} from '@ccro/cluster-config';
import { decimal, list, oneOf, seed, wholeNumber } from '@ccro/process-cluster';
import { asTool } from '@ccro/program';
import { Command, Option } from 'commander';
import { randomInt } from 'node:crypto';
import { CHAOS_FAULTS, type Fault } from '../faults/planned-fault.js';

/** What both programs are told. */
interface CommonOptions {
  readonly nodes: number;
  readonly mode: ClusterMode;
  readonly durability: 'fsync' | 'async';
  /** Where the run's files go; without one: nowhere. */
  readonly out?: string;
  /** Whether keys, stores and logs stay. */
  readonly keep: boolean;
}

export interface ChaosOptions extends CommonOptions {
  readonly minutes: number;
  /** Whatever is random about the plan and the workload follows from it. */
  readonly seed: string;
  readonly signature: SignatureChoice;
  readonly gateways: number;
  /** The kinds of faults that may strike. */
  readonly only: readonly Fault['kind'][];
  readonly checkpointInterval: number;
  /** Of nodes and gateways. */
  readonly logLevel: LogLevel;
}

export interface SoakOptions extends CommonOptions {
  readonly requests: number;
  /** Who hands the requests in: the gateway's batch endpoint, or the client library. */
  readonly through: 'gateway' | 'client';
  readonly broker: 'redis';
  /** Largest heap of a node or gateway, in megabytes. */
  readonly heap: number;
  /** Milliseconds from one sample to the next. */
  readonly sampleEvery: number;
}

const CHAOS = `Runs a cluster of separate processes with a Redis of its own under load, and does to it
what happens to clusters: nodes are killed, frozen, told to lie or lose their store, Redis and the
gateways are killed and restarted, Redis refuses everybody, clocks are set, logs are read by nobody,
connections go silent or use up all files; never more than f nodes are affected at once. Then it
checks what users were told against what the nodes hold, and that every fault took effect. Exits 0
only if every check passed.`;

const SOAK =
  'Has a cluster of separate processes with a Redis of its own decide many requests, as fast ' +
  'as it can, and measures the memory of every process and the size of every store. Exits ' +
  '0 only if memory stays level and the stores grow with the ledger alone.';

const KEEP = 'keep the working directory with keys, stores and logs';

/** `npm run chaos -- --help`. */
export function chaosCommand(): Command {
  return asTool(new Command('npm run chaos --'), import.meta.url)
    .description(CHAOS)
    .option('--minutes <m>', 'how long faults strike', decimal(0.1, 1440), 1)
    .option('--seed <s>', 'makes the plan and the workload reproducible (default: random)', seed)
    .option('--nodes <n>', 'number of nodes, 4 to 31', wholeNumber(4, 31), 4)
    .addOption(modeOption())
    .addOption(
      choice('--signature <scheme>', 'how votes are signed', ['ed25519', 'bls', 'auto'], 'auto'),
    )
    .addOption(durabilityOption())
    .option('--gateways <n>', 'number of gateways, 1 to 4', wholeNumber(1, 4), 2)
    .addOption(
      new Option(
        '--only <kinds>',
        'which kinds of faults may strike; goes on until each has, up to four times as long',
      )
        .argParser(list(oneOf(CHAOS_FAULTS)))
        .default(CHAOS_FAULTS, 'all of them'),
    )
    .option(
      '--checkpoint-interval <k>',
      'slots from one checkpoint to the next, 16 to 512',
      wholeNumber(16, 512),
      32,
    )
    .addOption(choice('--log-level <level>', 'what nodes and gateways log', LOG_LEVELS, 'info'))
    .option('--out <dir>', 'write history.jsonl, timeline.json and report.md; logs after a failure')
    .option('--keep', KEEP, false);
}

/** `npm run soak -- --help`. */
export function soakCommand(): Command {
  return asTool(new Command('npm run soak --'), import.meta.url)
    .description(SOAK)
    .option('--requests <n>', 'requests to decide', wholeNumber(1, 100_000_000), 300_000)
    .option('--nodes <n>', 'number of nodes, 1 to 31', wholeNumber(1, 31), 4)
    .addOption(modeOption())
    .addOption(durabilityOption())
    .addOption(
      choice('--through <who>', 'who hands the requests in', ['gateway', 'client'], 'gateway'),
    )
    .addOption(choice('--broker <kind>', 'what messages travel over', ['redis'], 'redis'))
    .option(
      '--heap <megabytes>',
      'what a node or gateway may use at most: what is kept for ever ends it soon',
      wholeNumber(64, 4096),
      128,
    )
    .option('--sample-every <ms>', 'time between samples', wholeNumber(50, 60_000), 1_000)
    .option('--out <dir>', 'write samples.json, memory.svg, stores.svg and report.txt')
    .option('--keep', KEEP, false);
}

function modeOption(): Option {
  return choice('--mode <mode>', 'how votes travel', ['ccro', 'pbft'], 'ccro');
}

function durabilityOption(): Option {
  const what = 'when a record counts as durable';
  return choice('--durability <kind>', what, ['fsync', 'async'], 'fsync');
}

function choice(flags: string, what: string, choices: readonly string[], usual: string): Option {
  return new Option(flags, what).choices(choices).default(usual);
}

/** What was typed. Ends the process with one line when it is not allowed. */
export function readChaosOptions(argv: readonly string[]): ChaosOptions {
  const command = chaosCommand().parse([...argv], { from: 'user' });
  const typed = command.opts<Omit<ChaosOptions, 'seed'> & { readonly seed?: string }>();
  return { ...typed, seed: typed.seed ?? String(randomInt(1_000_000)) };
}

/** As `readChaosOptions`. */
export function readSoakOptions(argv: readonly string[]): SoakOptions {
  return soakCommand()
    .parse([...argv], { from: 'user' })
    .opts<SoakOptions>();
}
