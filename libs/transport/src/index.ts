export { BROKER_TRANSPORT, BrokerContext, BrokerServer } from './broker-server.js';
