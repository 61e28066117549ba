/** What the command line programs here have in common: how they are ended and how they fail. */

import { endWithReader, exitCodeOf, explainFailure, keepFilesPrivate } from '@ccro/program';
import { Quit } from '@ccro/clock';

/** What a shell reports for a program ended by SIGINT. */
const QUIT_EXIT_CODE = 130;

/**
 * Runs a program. Ctrl-C (or SIGTERM) shuts it down in order, and so does a closed output; a second
 * Ctrl-C ends it at once, and then the watchdogs clean up.
 *
 * @param run resolves to the exit code
 */
export async function runProgram(run: (quit: AbortSignal) => Promise<number>): Promise<void> {
  const quit = new AbortController();
  const onSignal = (): void => {
    if (quit.signal.aborted) process.exit(QUIT_EXIT_CODE);
    process.stderr.write('\nEnding, and stopping all processes. Once more to end at once.\n');
    quit.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  keepFilesPrivate();
  let unwritten: number | undefined;
  endWithReader((code) => {
    unwritten = code;
    quit.abort();
  });
  try {
    const code = await run(quit.signal);
    // Output that nobody takes any more does not change how the work that is done went.
    process.exitCode = unwritten === undefined || code !== 0 ? code : unwritten;
  } catch (error) {
    const isQuit = error instanceof Quit;
    if (!isQuit) process.stderr.write(`${explainFailure(error, 'the port')}\n`);
    process.exitCode = isQuit ? (unwritten ?? QUIT_EXIT_CODE) : exitCodeOf(error);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}
