import { RedisBroker } from '@ccro/broker';
import {
  clusterWarnings,
  envFileWarnings,
  loadApiKeys,
  loadClusterConfig,
  loadPrivateKey,
  loadRedisCa,
  readGatewayEnvironment,
  trustedFileWarnings,
} from '@ccro/cluster-config';
import {
  closeOnSignals,
  endWithWrappers,
  exitCodeOf,
  explainFailure,
  logToConsole,
  startServerProgram,
} from '@ccro/program';
import { Logger } from '@nestjs/common';

const USAGE = `node dist/programs/gateway.js

The gateway over Redis. It takes no arguments: everything is set by environment variables, such as
CCRO_CONFIG, REDIS_URL, GATEWAY_PORT, API_KEYS_FILE. docs/CONFIGURATION.md lists them all.
`;

const NO_API_KEYS =
  'no API keys are set: anyone who reaches this gateway may do everything; set API_KEYS_FILE';

/** `nest start gateway`: the gateway over Redis, configured by the environment alone. */
async function main(): Promise<void> {
  startServerProgram(import.meta.url, USAGE);
  endWithWrappers();
  const environment = readGatewayEnvironment(process.env);
  const { codec, configPath, keyFile, apiKeysFile, redisUrl, redisCaFile, ...others } = environment;
  const { clientId, httpHost: host, logLevel, ...options } = others;
  const config = loadClusterConfig(configPath, codec);
  const owner = { role: 'client', id: clientId } as const;
  const { secretKey } = loadPrivateKey({ config, configPath, owner, keyFile });
  const ca = loadRedisCa(environment);
  const apiKeys = apiKeysFile === undefined ? undefined : loadApiKeys(apiKeysFile);
  logToConsole(logLevel);
  const logger = new Logger('gateway');
  for (const warning of [
    ...clusterWarnings(config),
    ...envFileWarnings(process.execArgv),
    ...trustedFileWarnings([configPath, redisCaFile]),
  ]) {
    logger.warn(warning);
  }
  if (apiKeys === undefined) logger.warn(NO_API_KEYS);
  const name = `ccro:gateway:${clientId}`;
  // Loaded only when the settings are right: what is wrong is said at once.
  const { startGateway } = await import('./gateway-app.js');
  const gateway = await startGateway({
    ...options,
    config,
    clientId,
    secretKey,
    broker: new RedisBroker({ url: redisUrl, ca, name }),
    queue: { redisUrl, redisCa: ca },
    apiKeys,
    host,
  });
  closeOnSignals(() => gateway.close(), { name: 'gateway' });
  logger.log(`Gateway running on ${gateway.url}`);
}

await main().catch((error: unknown) => {
  process.stderr.write(`gateway: ${explainFailure(error, 'GATEWAY_PORT')}\n`);
  process.exit(exitCodeOf(error));
});
