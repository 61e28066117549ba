export type { Broker, ConnectionListener, MessageListener } from './broker.js';
export { BrokerError, type BrokerErrorCode } from './broker-error.js';
export {
  channelNames,
  channelPrefix,
  kindOfChannel,
  leaseKey,
  nodeConnectionName,
  parseChannel,
  type Channel,
  type ChannelKind,
  type ChannelNames,
} from './channels.js';
export { InProcessHub, type InProcessHubOptions } from './in-process/in-process-hub.js';
export { IdentityLease, type IdentityLeaseOptions } from './redis/identity-lease.js';
export type { LeaseConnection } from './redis/lease-connection.js';
export { RedisBroker, type RedisBrokerOptions } from './redis/redis-broker.js';
export { RedisClient, type RedisClientOptions } from './redis/redis-client.js';
export { redisUrlProblem, RedisUrl, RedisUrlError } from './redis/redis-url.js';
export {
  TroubleError,
  troubleOf,
  Troubles,
  troubleText,
  type Trouble,
  type TroubleChange,
} from './redis/troubles.js';
export { TrafficCounter, type Traffic, type TrafficCount } from './traffic.js';
