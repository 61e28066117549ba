export type { Broker, ConnectionListener, MessageListener } from './broker.js';
export { BrokerError, type BrokerErrorCode } from './broker-error.js';
export {
  channelNames,
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
export { redisTls } from './redis/connection-options.js';
export { RedisBroker, type RedisBrokerOptions } from './redis/redis-broker.js';
export { TrafficCounter, type Traffic, type TrafficCount } from './traffic.js';
