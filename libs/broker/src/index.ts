export * from './browser.js';
export { InProcessHub, type InProcessHubOptions } from './in-process-hub.js';
export { IdentityLease, type IdentityLeaseOptions } from './redis/identity-lease.js';
export type { LeaseConnection } from './redis/lease-connection.js';
export { RedisBroker, type RedisBrokerOptions } from './redis/redis-broker.js';
