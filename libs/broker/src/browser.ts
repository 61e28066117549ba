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
export { sumOfTraffic, TrafficCounter, type Traffic, type TrafficCount } from './traffic.js';
