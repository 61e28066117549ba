export * from './browser.js';
export { clusterWarnings, loadClusterConfig } from './load-cluster-config.js';
export {
  addApiKeys,
  API_ROLES,
  apiKeyDigest,
  loadApiKeys,
  MAX_REQUESTS_PER_SECOND,
  newApiKey,
  parseApiKeyPlan,
  type ApiKey,
  type ApiKeyPlan,
  type ApiRole,
  type IssuedApiKey,
} from './api-keys.js';
export {
  DEFAULT_REDIS_URL,
  DURABILITIES,
  LOG_LEVELS,
  nodeHttpPort,
  nodeStore,
  nodeUrl,
  readGatewayEnvironment,
  readNodeEnvironment,
  readCodec,
  readStartEnvironment,
  requireNodeUrls,
  type Durability,
  type Environment,
  type GatewayEnvironment,
  type LogLevel,
  type NodeEnvironment,
  type StorageSettings,
} from './environment.js';
export { envFileWarnings, trustedFileWarnings } from './secret-files.js';
export { loadStateMachine, requireStateMachine } from './state-machine.js';
export { generateCluster } from './generate-cluster.js';
export {
  formatKeyFile,
  keyFileName,
  loadPrivateKey,
  type KeyOwner,
  type OwnKeys,
} from './private-key.js';
export { loadRedisCa } from './redis-ca.js';
export { experimentKeyPrefix, generateRedisUsers, queueKeyPrefix } from './redis-users.js';
