export { BrokerClientProxy, type BrokerClientProxyDependencies } from './broker-client-proxy.js';
export { BrokerContext } from './broker-context.js';
export {
  BROKER_TRANSPORT,
  BrokerServer,
  FALLBACK_PATTERN,
  type BrokerServerDependencies,
  type BrokerServerEvents,
  type BrokerServerOptions,
  type BrokerStatus,
  type DispatchCounts,
  type PeekKind,
} from './broker-server.js';
