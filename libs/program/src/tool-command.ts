import type { Command } from 'commander';
import { USAGE_EXIT_CODE } from './failure.js';
import { programVersion } from './version.js';

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
