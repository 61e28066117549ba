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

/** What an application says of the cluster that it submits to, and of itself. */
export interface CcroOptions {
  /** The cluster file's path, or what was read from it. */
  readonly cluster: string | ClusterConfig;
  /**
   * The client of the cluster file that this application is. No other program may be the same
   * client: both would use the same timestamps. Two instances of an application are two clients.
   */
  readonly clientId: string;
  /** `redis://` or `rediss://`; or a broker of one's own, which the module connects and closes. */
  readonly redis: string | Broker;
  /**
   * The client's private key. Default: the key file beside the cluster file, else, for a cluster of
   * development keys, its development key.
   */
  readonly secretKey?: string | undefined;
  /** File with the private key, in place of `secretKey`. */
  readonly keyFile?: string | undefined;
  /** How long `submit` waits for a decision, in milliseconds. Default 5000. */
  readonly timeoutMs?: number | undefined;
  /** Operations that may wait for their decision at a time, if submitted. Default 2048. */
  readonly maxOutstanding?: number | undefined;
}

/** Injection token of {@link CcroOptions}. */
export const CCRO_OPTIONS = Symbol('CCRO_OPTIONS');

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
  troubles?.onChange((change) => logger.warn(troubleText(change)));
}

/** An application with another cluster file says so at once. */
function logDiffering(settings: readonly string[]): void {
  const logger = new Logger('Cluster');
  const same = 'the nodes have the same cluster file as this client';
  logger.warn(settings.length > 0 ? differingSettingsText(settings) : same);
}

function secretKeyOf(options: CcroOptions, config: ClusterConfig): string {
  const { secretKey, cluster, clientId, keyFile } = options;
  if (secretKey !== undefined) return secretKey;
  const configPath = typeof cluster === 'string' ? cluster : '';
  const owner = { role: 'client', id: clientId } as const;
  return loadPrivateKey({ config, configPath, owner, keyFile }).secretKey;
}
