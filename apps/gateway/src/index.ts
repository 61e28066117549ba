export { startGateway, type GatewayApp, type ListenOptions } from './gateway-app.js';
export { GatewayModule } from './gateway.module.js';
export type { GatewayOptions } from './gateway.options.js';
export type {
  DecidedAnswer,
  FailedAnswer,
  PendingAnswer,
  RequestAnswer,
} from './requests/request-record.js';
