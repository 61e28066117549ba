import { ConsoleLogger, Logger } from '@nestjs/common';

/**
 * Runs a command line program: its exit code, and one clear line for what went wrong.
 *
 * @param program resolves to the exit code
 */
export async function run(program: () => Promise<number>): Promise<void> {
  Logger.overrideLogger(new ConsoleLogger('ccro', { logLevels: ['fatal', 'warn', 'error'] }));
  try {
    process.exitCode = await program();
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode = 1;
  }
}

/** One line on what went wrong and what to do. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, port, address } = error as NodeJS.ErrnoException & {
    readonly port?: number;
    readonly address?: string;
  };
  if (code === 'EADDRINUSE') {
    return (
      `Port ${port ?? '?'} on ${address ?? 'this machine'} is taken: stop what uses it, or choose ` +
      'others with --gateway-port and --node-port (0 = any free ones).'
    );
  }
  return error.message;
}
