export { startGateway, type GatewayApp, type ListenOptions } from './gateway-app.js';
export { GatewayModule } from './gateway.module.js';
export type { GatewayOptions } from './settings/gateway.options.js';
export type { ClusterStatus } from './cluster/cluster.service.js';
export type { LedgerEntry } from './ledger/ledger.service.js';
export type {
  DecidedAnswer,
  FailedAnswer,
  PendingAnswer,
  RequestAnswer,
} from './answers/request-record.js';
