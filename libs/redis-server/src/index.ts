export {
  findRedisServer,
  requireRedisServer,
  type RedisServerEnvironment,
} from './find-redis-server.js';
export { holdPort, type HeldPort } from './held-port.js';
export { freePort } from './probe.js';
export {
  startRedisServer,
  type RedisServer,
  type RedisServerOptions,
} from './start-redis-server.js';
export {
  HOW_TO_GET_REDIS,
  RedisServerError,
  type RedisServerErrorCode,
} from './redis-server-error.js';
