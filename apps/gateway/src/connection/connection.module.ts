import { Global, Module, type DynamicModule } from '@nestjs/common';
import { CcroClientModule } from '@ccro/nest';
import { pendingBounds } from '../settings/pending-bounds.js';
import {
  GATEWAY_SETTINGS,
  gatewaySettings,
  type GatewayOptions,
} from '../settings/gateway.options.js';
import { BrokerWatch } from './broker-watch.js';
import { Relays } from './relays.js';

/**
 * The gateway as a client of the cluster: what it signs with and whom it believes come from
 * `libs/nest`, the connection's life cycle and inbox from the transport.
 */
@Global()
@Module({})
export class ConnectionModule {
  static forRoot(options: GatewayOptions): DynamicModule {
    const settings = gatewaySettings(options);
    const { config: cluster, clientId, secretKey, broker } = settings;
    return {
      module: ConnectionModule,
      imports: [
        CcroClientModule.forRoot({
          cluster,
          clientId,
          secretKey,
          redis: broker,
          maxOutstanding: pendingBounds(settings).most,
        }),
      ],
      providers: [
        { provide: GATEWAY_SETTINGS, useValue: settings },
        { provide: BrokerWatch, useFactory: () => new BrokerWatch(broker) },
        Relays,
      ],
      exports: [GATEWAY_SETTINGS, BrokerWatch, Relays],
    };
  }
}
