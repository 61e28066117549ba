import { Inject, Injectable, Logger } from '@nestjs/common';
import { RedisBroker, type Broker } from '@ccro/broker';
import { CcroClient, differingSettingsText } from '@ccro/client';
import { systemClock } from '@ccro/clock';
import {
  clientFacts,
  clusterKeys,
  loadClusterConfig,
  loadPrivateKey,
  requireClient,
  type ClusterConfig,
} from '@ccro/cluster-config';
import { createVerification, type Verifier } from '@ccro/crypto';
import { ReceiptMaker, ReceiptVerifier } from '@ccro/receipt';
import { troubleText } from '@ccro/redis';
import { CCRO_OPTIONS, type CcroOptions } from './ccro-options.js';

/**
 * What an application is a client of the cluster with. Logs what Redis refuses, and whether the nodes
 * have the same cluster file.
 */
@Injectable()
export class Connection {
  readonly config: ClusterConfig;
  /** Connected and closed by whoever has the life cycle: `Ccro`, or a transport. */
  readonly broker: Broker;
  readonly client: CcroClient;
  readonly verifier: Verifier;
  readonly receipts: ReceiptMaker;

  /** @throws ConfigurationError for a cluster, client or key that cannot be used */
  constructor(@Inject(CCRO_OPTIONS) options: CcroOptions) {
    const { cluster, clientId, redis, maxOutstanding } = options;
    const config = typeof cluster === 'string' ? loadClusterConfig(cluster) : cluster;
    requireClient(config, clientId, 'clientId');
    this.config = config;
    this.broker =
      typeof redis === 'string'
        ? new RedisBroker({ url: redis, name: `ccro:client:${clientId}` })
        : redis;
    logTroubles(this.broker);
    const keys = clusterKeys(config);
    const verification = createVerification(keys);
    const { verifier } = verification;
    this.verifier = verifier;
    this.receipts = new ReceiptMaker(
      config.cluster,
      verifier,
      new ReceiptVerifier(keys, verification),
    );
    this.client = new CcroClient(
      {
        ...clientFacts(config),
        client: clientId,
        secretKey: secretKeyOf(options, config),
        ...(maxOutstanding === undefined ? {} : { maxOutstanding }),
      },
      { broker: this.broker, verifier, clock: systemClock, onSettingsDiffer: logDiffering },
    );
  }
}

/** What Redis refuses is in the log, with what to do. */
function logTroubles({ troubles }: Broker): void {
  const logger = new Logger('Broker');
  troubles?.onChange((change) => {
    logger[change.present ? 'warn' : 'log'](troubleText(change));
  });
}

/** An application with another cluster file says so at once. */
function logDiffering(settings: readonly string[]): void {
  const logger = new Logger('Cluster');
  if (settings.length > 0) logger.warn(differingSettingsText(settings));
  else logger.log('the nodes have the same cluster file as this client');
}

function secretKeyOf(options: CcroOptions, config: ClusterConfig): string {
  const { secretKey, cluster, clientId, keyFile } = options;
  if (secretKey !== undefined) return secretKey;
  const configPath = typeof cluster === 'string' ? cluster : '';
  const owner = { role: 'client', id: clientId } as const;
  return loadPrivateKey({ config, configPath, owner, keyFile }).secretKey;
}
