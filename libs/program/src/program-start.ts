/** What programs do first: servers with their environment alone, tools with commander. */

import type { Command } from 'commander';
import { USAGE_EXIT_CODE } from './failure.js';
import { programVersion } from './installation.js';
import { outliveReaders } from './output.js';

/**
 * What every server does first: it answers `--help` and `--version`, refuses arguments, which
 * would have no effect, continues when its log is no longer read, and keeps its files private.
 *
 * @param from the program's `import.meta.url`
 * @param usage what `--help` prints
 */
export function startServerProgram(from: string, usage: string): void {
  outliveReaders();
  keepFilesPrivate();
  const [argument] = process.argv.slice(2);
  if (argument === undefined) return;
  if (argument === '--version') process.stdout.write(`${programVersion(from)}\n`);
  else if (argument === '--help') process.stdout.write(usage);
  else {
    process.stderr.write(`there is no argument ${JSON.stringify(argument)} (--help)\n`);
    process.exit(USAGE_EXIT_CODE);
  }
  process.exit(0);
}

/**
 * What all command-line tools here have in common: `--version`, a hint at `--help` after what is
 * wrong, no arguments without an effect, and one exit status for every usage error.
 *
 * @param from a module's `import.meta.url`
 */
export function asTool(command: Command, from: string): Command {
  return command
    .version(programVersion(from), '--version', 'print the version')
    .allowExcessArguments(false)
    .showHelpAfterError('(--help lists the options)')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : USAGE_EXIT_CODE));
}

/**
 * Whatever this program writes, its user alone may read: stores, logs, results. To be called
 * before the first file is written; a file that others are to read is given a mode of its own.
 */
export function keepFilesPrivate(): void {
  process.umask(0o077);
}
