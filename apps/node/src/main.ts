import { IdentityLease, nodeConnectionName, RedisBroker } from '@ccro/broker';
import {
  clusterWarnings,
  envFileWarnings,
  loadClusterConfig,
  loadPrivateKey,
  loadRedisCa,
  loadStateMachine,
  nodeHttpPort,
  nodeStore,
  nodeUrl,
  readNodeEnvironment,
  requireMember,
  requireNodeUrls,
  requireStateMachine,
  trustedFileWarnings,
  type ClusterConfig,
  type NodeEnvironment,
} from '@ccro/cluster-config';
import {
  closeOnSignals,
  endWithWrappers,
  exitCodeOf,
  explainFailure,
  logToConsole,
  startServerProgram,
} from '@ccro/program';
import type { StateMachineDefinition } from '@ccro/state-machine';
import { Logger } from '@nestjs/common';
import { clusterFacts } from './node-options.js';

const USAGE = `node dist/programs/node.js

One replica over Redis. It takes no arguments: everything is set by environment variables, such as
NODE_ID, CCRO_CONFIG, REDIS_URL, NODE_HTTP_PORT, DATA_DIR. docs/CONFIGURATION.md lists them all.
`;

/** `nest start node`: one replica over Redis, configured by the environment alone. */
async function main(): Promise<void> {
  startServerProgram(import.meta.url, USAGE);
  endWithWrappers();
  const environment = readNodeEnvironment(process.env);
  const config = loadClusterConfig(environment.configPath, environment.codec);
  requireNodeUrls(environment, config);
  const ca = loadRedisCa(environment);
  const stateMachine = await stateMachineOf(environment, config);
  logToConsole(environment.logLevel);
  const logger = new Logger('node');
  // Loaded while the broker answers, and only by a node whose settings are right.
  const application = import('./node-app.js');
  const { configPath, redisCaFile, stateMachinePath } = environment;
  for (const warning of [
    ...clusterWarnings(config),
    ...envFileWarnings(process.execArgv),
    ...trustedFileWarnings([configPath, redisCaFile, stateMachinePath]),
  ]) {
    logger.warn(warning);
  }
  const name =
    environment.nodeId === undefined ? 'ccro:node' : nodeConnectionName(environment.nodeId);
  const broker = new RedisBroker({ url: environment.redisUrl, ca, name });
  await broker.connect();
  const self = await identity(environment, config, broker, logger);
  const { secretKey, bls } = loadPrivateKey({
    config,
    configPath: environment.configPath,
    owner: { role: 'node', id: self },
    keyFile: environment.keyFile,
  });
  const { startNode } = await application;
  const node = await startNode({
    facts: clusterFacts(config),
    self,
    secretKey,
    votingSecretKey: bls?.secretKey,
    broker,
    stateMachine,
    storage: nodeStore(environment.storage, self),
    httpPort: nodeHttpPort(environment, self),
    host: environment.httpHost,
    allowedHosts: environment.allowedHosts,
    gatewayUrl: () => environment.gatewayUrl,
    nodeUrl: (id) => nodeUrl(environment, id),
    faultInjection: environment.faultInjection,
    tuning: config.tuning,
    onFatal: stop,
    ...(environment.fault === undefined ? {} : { fault: environment.fault }),
  });
  closeOnSignals(() => node.close(), { name: `node ${self}` });
  logger.log(`Node ${self} started on ${node.url}`);
}

/** @throws ConfigurationError unless it is the one that the cluster file names */
async function stateMachineOf(
  { stateMachinePath: path }: NodeEnvironment,
  config: ClusterConfig,
): Promise<StateMachineDefinition | undefined> {
  const definition = path === undefined ? undefined : await loadStateMachine(path);
  requireStateMachine(config.stateMachine, definition);
  return definition;
}

/**
 * The configured id, or the lowest free one, held by a lease over the node's own connection: two
 * processes never act as one node.
 */
async function identity(
  { nodeId }: NodeEnvironment,
  config: ClusterConfig,
  broker: RedisBroker,
  logger: Logger,
): Promise<number> {
  const given = nodeId === undefined ? {} : { id: requireMember(config, nodeId).id };
  const lease = await IdentityLease.take(
    {
      cluster: config.cluster,
      size: config.members.length,
      ...given,
      onLost: (id) => stop(new Error(`another process took over as node ${id}`)),
    },
    broker.leases,
  );
  await broker.rename(nodeConnectionName(lease.id));
  if (nodeId === undefined) {
    logger.log(`no NODE_ID: this is node ${lease.id}, the lowest id that was free`);
  }
  return lease.id;
}

function stop(error: unknown): never {
  process.stderr.write(`node: ${explainFailure(error, 'NODE_HTTP_PORT')}\n`);
  process.exit(exitCodeOf(error));
}

await main().catch(stop);
