import { USAGE_EXIT_CODE } from './failure.js';
import { outliveReaders } from './output.js';
import { keepFilesPrivate } from './private-files.js';
import { programVersion } from './version.js';

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
