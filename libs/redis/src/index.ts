export { RedisClient, type RedisClientOptions } from './redis-client.js';
export {
  RedisConnection,
  retryDelayMs,
  type ConnectionListener,
  type RedisConnectionOptions,
  type RedisScripts,
} from './redis-connection.js';
export {
  commandFailure,
  isRefusal,
  isUnsent,
  RedisError,
  type RedisErrorCode,
} from './redis-error.js';
export { redisUrlProblem, RedisUrl, RedisUrlError } from './redis-url.js';
export {
  TroubleError,
  troubleOf,
  Troubles,
  troubleText,
  type Trouble,
  type TroubleChange,
} from './troubles.js';
