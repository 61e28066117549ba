import { explainFailure, logToConsole } from '@ccro/program';

const PORT_OPTIONS = '--gateway-port or --node-port';

/**
 * Runs a command line program: its exit code, and one clear line for what went wrong.
 *
 * @param program resolves to the exit code
 */
export async function run(program: () => Promise<number>): Promise<void> {
  logToConsole('warn');
  // Whoever reads our output may stop reading, as `head` does: that ends us in peace.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  try {
    process.exitCode = await program();
  } catch (error) {
    process.stderr.write(`${explainFailure(error, PORT_OPTIONS)}\n`);
    process.exitCode = 1;
  }
}
