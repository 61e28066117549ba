import { BrokerError, RedisBroker } from '@ccro/broker';
import {
  clusterWarnings,
  ConfigurationError,
  isDevelopmentCluster,
  loadClusterConfig,
  loadPrivateKey,
  readGatewayEnvironment,
} from '@ccro/cluster-config';
import { ConsoleLogger, Logger } from '@nestjs/common';
import { startGateway } from './gateway-app.js';
import { nestLogLevels } from './log-levels.js';

/** `nest start gateway`: the gateway over Redis, configured by the environment alone. */
async function main(): Promise<void> {
  const environment = readGatewayEnvironment(process.env);
  const { clientId, configPath, keyFile, port } = environment;
  const config = loadClusterConfig(configPath);
  const owner = { role: 'client', id: clientId } as const;
  const { secretKey } = loadPrivateKey({ config, configPath, owner, keyFile });
  Logger.overrideLogger(
    new ConsoleLogger('ccro', { logLevels: nestLogLevels(environment.logLevel) }),
  );
  const logger = new Logger('gateway');
  for (const warning of clusterWarnings(config)) logger.warn(warning);
  if (isDevelopmentCluster(config)) {
    logger.warn('development keys: anyone can sign as any node or client of this cluster');
  }
  const name = `ccro:gateway:${clientId}`;
  const gateway = await startGateway({
    config,
    clientId,
    secretKey,
    broker: new RedisBroker({ url: environment.redisUrl, name }),
    faultInjection: environment.faultInjection,
    requestTimeoutMs: environment.requestTimeoutMs,
    port,
    host: environment.httpHost,
  });
  gateway.app.enableShutdownHooks();
  logger.log(`Gateway running on ${gateway.url}`);
}

/** The environment's fault in one line; anything else with its stack, because it is ours. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as Error & { readonly code?: unknown; readonly port?: unknown };
  if (code === 'EADDRINUSE') {
    return `port ${String(port)} is taken: set GATEWAY_PORT to another one (0: any free one)`;
  }
  const expected = error instanceof ConfigurationError || error instanceof BrokerError;
  return expected ? error.message : (error.stack ?? error.message);
}

await main().catch((error: unknown) => {
  process.stderr.write(`gateway: ${explain(error)}\n`);
  process.exit(1);
});
