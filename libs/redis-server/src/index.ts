export { freePort, holdPort, type HeldPort } from './held-port.js';
export { RedisServerError, type RedisServerErrorCode } from './redis-server-error.js';
export {
  startRedisServer,
  type RedisServer,
  type RedisServerOptions,
} from './start-redis-server.js';
