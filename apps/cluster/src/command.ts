import {
  endWithReader,
  exitCodeOf,
  explainFailure,
  keepFilesPrivate,
  logToConsole,
  outliveReaders,
} from '@ccro/program';

const PORT_OPTIONS = '--gateway-port or --node-port';

/**
 * Runs a command line program: its exit code, and one clear line for what went wrong.
 *
 * @param kind a `server` goes on when nobody reads what it prints, a `tool` ends
 * @param program resolves to the exit code
 */
export async function run(kind: 'server' | 'tool', program: () => Promise<number>): Promise<void> {
  logToConsole('warn');
  keepFilesPrivate();
  if (kind === 'server') outliveReaders();
  else endWithReader();
  try {
    process.exitCode = await program();
  } catch (error) {
    process.stderr.write(`${explainFailure(error, PORT_OPTIONS)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
