import { Global, Logger, Module, type DynamicModule } from '@nestjs/common';
import { troubleText } from '@ccro/broker';
import { CcroClient, differingSettingsText } from '@ccro/client';
import { systemClock } from '@ccro/clock';
import { clusterKeys, settingsOf } from '@ccro/cluster-config';
import { createVerification, Verifier, type Verification } from '@ccro/crypto';
import { ReceiptVerifier } from '@ccro/receipt';
import { GATEWAY_SETTINGS } from '../gateway.constants.js';
import { gatewaySettings, type GatewayOptions, type GatewaySettings } from '../gateway.options.js';
import { BrokerWatch } from './broker-watch.js';
import { ConnectionMetrics } from './connection-metrics.js';
import { InboxController } from './inbox.controller.js';
import { Relays } from './relays.js';

/** Injection token of what checks everything that comes from the cluster. */
const VERIFICATION = Symbol('VERIFICATION');

/** The gateway as a client of the cluster: what it signs with, whom it believes, its inbox. */
@Global()
@Module({})
export class ConnectionModule {
  static forRoot(options: GatewayOptions): DynamicModule {
    const settings = gatewaySettings(options);
    const keys = clusterKeys(settings.config);
    const providers = [
      { provide: GATEWAY_SETTINGS, useValue: settings },
      { provide: VERIFICATION, useFactory: () => createVerification(keys) },
      {
        provide: Verifier,
        inject: [VERIFICATION],
        useFactory: ({ verifier }: Verification) => verifier,
      },
      {
        provide: ReceiptVerifier,
        inject: [VERIFICATION],
        useFactory: (verification: Verification) => new ReceiptVerifier(keys, verification),
      },
      { provide: BrokerWatch, useFactory: () => watchOver(settings) },
      {
        provide: CcroClient,
        inject: [Verifier],
        useFactory: (verifier: Verifier) => createClient(settings, verifier),
      },
    ];
    return {
      module: ConnectionModule,
      controllers: [InboxController],
      providers: [...providers, ConnectionMetrics, Relays],
      exports: [...providers.map(({ provide }) => provide), Relays],
    };
  }
}

/** What Redis refuses is in the log, with what to do. */
function watchOver({ broker }: GatewaySettings): BrokerWatch {
  const logger = new Logger('Broker');
  broker.troubles?.onChange((change) => {
    logger[change.present ? 'warn' : 'log'](troubleText(change));
  });
  return new BrokerWatch(broker);
}

/** A gateway with another cluster file says so at once. */
function logDiffering(settings: readonly string[]): void {
  const logger = new Logger('Cluster');
  if (settings.length > 0) logger.warn(differingSettingsText(settings));
  else logger.log('the nodes have the same cluster file as this client');
}

function createClient(settings: GatewaySettings, verifier: Verifier): CcroClient {
  const { config, clientId, secretKey, broker, maxPendingRequests } = settings;
  const { clientWindow } = config.tuning;
  return new CcroClient(
    {
      cluster: config.cluster,
      n: config.members.length,
      client: clientId,
      secretKey,
      maxOutstanding: maxPendingRequests,
      settings: settingsOf(config),
      ...(clientWindow === undefined ? {} : { clientWindow }),
    },
    { broker, verifier, clock: systemClock, onSettingsDiffer: logDiffering },
  );
}
