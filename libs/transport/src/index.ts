export {
  BROKER_TRANSPORT,
  BrokerContext,
  BrokerServer,
  type BrokerServerEvents,
  type BrokerServerOptions,
  type BrokerStatus,
} from './broker-server.js';
