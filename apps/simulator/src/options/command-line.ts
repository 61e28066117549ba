import { asTool } from '@ccro/program';
import { Command } from 'commander';
import type { RawOptions } from './simulator-options.js';

/** `npm run simulate -- --help`. */
export function simulatorCommand(): Command {
  return asTool(new Command('npm run simulate --'), import.meta.url)
    .description(
      'Runs whole clusters in virtual time: faulty nodes, bad networks, power cuts, all drawn ' +
        'from a seed. Exits 1 if an invariant of docs/PROTOCOL.md is violated.',
    )
    .option('--seeds <n>', 'how many runs (default: 200)')
    .option('--start-seed <s>', 'the first seed (default: a random one, which is printed)')
    .option('--seed <s>', 'run this seed alone and print its trace; the same each time')
    .option('--nodes <list>', 'sizes of clusters to choose from', '4,5,6,7,8,9,10')
    .option('--mode <list>', 'modes to choose from', 'pbft,ccro')
    .option('--signature <list>', 'how votes are signed, to choose from', 'ed25519,bls')
    .option('--fast-path <list>', 'votes of all decide in one round: on, off or both', 'on,off')
    .option('--together <list>', 'requests that clients sign together, to choose from', '1,3,8')
    .option('--jobs <j>', 'processes at work (default: one for each processor)')
    .option('--trace <file>', 'where the trace of a seed goes (default: a temporary file)')
    .option(
      '--break <name>',
      'break a rule of the protocol on purpose and find it; all: each in turn; list: show them',
    )
    .option(
      '--known-first',
      'with --break all: begin with the seed that showed it before, which is quicker',
    );
}

/** What was typed, unchecked. */
export function typedOptions(command: Command, argv: readonly string[]): RawOptions {
  command.parse([...argv], { from: 'user' });
  return command.opts<RawOptions>();
}
