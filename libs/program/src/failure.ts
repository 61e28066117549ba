/** Errors of the environment: their message says what is wrong and what to do. */
const EXPLAINED = new Set([
  'BrokerError',
  'ChunkError',
  'ConfigurationError',
  'NodeProcessError',
  'OptionError',
  'RedisServerError',
  'ResultsError',
  'StoreError',
]);

/**
 * What a program prints before it ends: one line for the environment's faults, the stack for
 * ours.
 *
 * @param portSetting how the user chooses another port, e.g. `GATEWAY_PORT`
 */
export function explainFailure(error: unknown, portSetting: string): string {
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as Error & { readonly code?: unknown; readonly port?: unknown };
  if (code === 'EADDRINUSE') {
    return `port ${String(port)} is taken: set ${portSetting} to another one (0: any free one)`;
  }
  return EXPLAINED.has(error.name) ? error.message : (error.stack ?? error.message);
}
