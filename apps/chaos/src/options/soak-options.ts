import { asTool } from '@ccro/program';
import type { ClusterMode } from '@ccro/cluster-config';
import { Command, Option } from 'commander';
import { wholeNumber } from '@ccro/process-cluster';

export interface SoakOptions {
  readonly requests: number;
  readonly nodes: number;
  readonly mode: ClusterMode;
  readonly durability: 'fsync' | 'async';
  /** Who hands the requests in: the gateway's batch endpoint, or the client library. */
  readonly through: 'gateway' | 'client';
  readonly broker: 'redis';
  /** Largest heap of a node or gateway, in megabytes. */
  readonly heap: number;
  /** Milliseconds from one sample to the next. */
  readonly sampleEvery: number;
  /** Where samples, charts and report go; undefined: nowhere. */
  readonly out: string | undefined;
  readonly keep: boolean;
}

/** `npm run soak -- --help`. */
export function soakCommand(): Command {
  return asTool(new Command('npm run soak --'), import.meta.url)
    .description(
      'Has a cluster of separate processes with a Redis of its own decide many requests, as fast ' +
        'as it can, and measures the memory of every process and the size of every store. Exits ' +
        '0 only if memory stays level and the stores grow with the ledger alone.',
    )
    .option('--requests <n>', 'requests to decide', wholeNumber(1, 100_000_000), 300_000)
    .option('--nodes <n>', 'number of nodes, 1 to 31', wholeNumber(1, 31), 4)
    .addOption(
      new Option('--mode <mode>', 'how votes travel').choices(['ccro', 'pbft']).default('ccro'),
    )
    .addOption(
      new Option('--durability <kind>', 'when a record counts as durable')
        .choices(['fsync', 'async'])
        .default('fsync'),
    )
    .addOption(
      new Option('--through <who>', 'who hands the requests in')
        .choices(['gateway', 'client'])
        .default('gateway'),
    )
    .addOption(
      new Option('--broker <kind>', 'what messages travel over')
        .choices(['redis'])
        .default('redis'),
    )
    .option(
      '--heap <megabytes>',
      'what a node or gateway may use at most: what is kept for ever ends it soon',
      wholeNumber(64, 4096),
      128,
    )
    .option('--sample-every <ms>', 'time between samples', wholeNumber(50, 60_000), 1_000)
    .option('--out <dir>', 'write samples.json, memory.svg, stores.svg and report.txt')
    .option('--keep', 'keep the working directory with keys, stores and logs', false);
}

/** What was typed. Ends the process with one line when it is not allowed. */
export function readSoakOptions(argv: readonly string[]): SoakOptions {
  const command = soakCommand();
  command.parse([...argv], { from: 'user' });
  const typed = command.opts<Omit<SoakOptions, 'out'> & { readonly out?: string }>();
  return { ...typed, out: typed.out };
}
