/** What the command line programs here have in common: how they are ended and how they fail. */

import { explainFailure } from '@ccro/program';
import { StartFailure } from './supervised-process.js';
import { Quit } from '@ccro/clock';

/** What a shell reports for a program ended by SIGINT. */
const QUIT_EXIT_CODE = 130;

/**
 * Runs a program. Ctrl-C (and SIGTERM) ends it in order; a second one at once, and then the
 * watchdogs clean up.
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
  try {
    process.exitCode = await run(quit.signal);
  } catch (error) {
    process.exitCode = error instanceof Quit ? QUIT_EXIT_CODE : 1;
    if (!(error instanceof Quit)) process.stderr.write(`${explain(error)}\n`);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

function explain(error: unknown): string {
  return error instanceof StartFailure ? error.message : explainFailure(error, 'the port');
}
