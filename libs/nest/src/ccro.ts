/**
 * The injectable client: submits operations to a cluster, for as long as the application runs.
 *
 * Invariant kept here: what `submit` gives was signed by f + 1 replicas, so one of them is honest.
 * What the application has submitted when it is told to end is waited for, within the timeout; what
 * it has not is refused.
 */

import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { RedisBroker, type Broker } from '@ccro/broker';
import { CcroClient, differingSettingsText, type Outcome } from '@ccro/client';
import { systemClock } from '@ccro/clock';
import {
  clusterKeys,
  loadClusterConfig,
  loadPrivateKey,
  requireClient,
  settingsOf,
  type ClusterConfig,
} from '@ccro/cluster-config';
import { createVerification } from '@ccro/crypto';
import { encodeOperation, type JsonObject } from '@ccro/state-machine';
import { CcroError } from './ccro-error.js';
import { CCRO_OPTIONS, type CcroOptions } from './ccro-options.js';
import { decidedFrom, type Decided } from './decided.js';
import { Receipts } from './receipts.js';

const DEFAULT_TIMEOUT_MS = 5000;
/** How long the first operations wait for the nodes to say which timestamps they executed. */
const KNOWN_TIMEOUT_MS = 1000;

@Injectable()
export class Ccro implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  /** What is not there yet for an operation of one's own: queries, counters. */
  readonly client: CcroClient;
  private readonly broker: Broker;
  private readonly receipts: Receipts;
  private readonly waiting = new Set<Promise<unknown>>();
  private readonly timeoutMs: number;
  private closing = false;
  /** The nodes have said which timestamps they executed, or did not in time. */
  private timestampsKnown = Promise.resolve();

  /** @throws ConfigurationError for a cluster, client or key that cannot be used */
  constructor(@Inject(CCRO_OPTIONS) private readonly options: CcroOptions) {
    const { cluster, clientId, redis, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    const config = typeof cluster === 'string' ? loadClusterConfig(cluster) : cluster;
    requireClient(config, clientId, 'clientId');
    this.timeoutMs = timeoutMs;
    this.broker =
      typeof redis === 'string'
        ? new RedisBroker({ url: redis, name: `ccro:client:${clientId}` })
        : redis;
    const verification = createVerification(clusterKeys(config));
    const { clientWindow } = config.tuning;
    this.client = new CcroClient(
      {
        cluster: config.cluster,
        n: config.members.length,
        client: clientId,
        secretKey: secretKeyOf(options, config),
        settings: settingsOf(config),
        ...(clientWindow === undefined ? {} : { clientWindow }),
      },
      {
        broker: this.broker,
        verifier: verification.verifier,
        clock: systemClock,
        onSettingsDiffer: (settings) => {
          if (settings.length > 0) new Logger('Ccro').warn(differingSettingsText(settings));
        },
      },
    );
    this.receipts = new Receipts(config, this.client, verification);
  }

  /** @throws BrokerError when the broker cannot be reached */
  async onModuleInit(): Promise<void> {
    await this.broker.connect();
    try {
      await this.client.listen();
      this.timestampsKnown = this.untilTimestampsKnown();
    } catch (error) {
      // An application that did not start is told of no end.
      await this.broker.close();
      throw error;
    }
  }

  /** Whether the broker is there: without it nothing is decided. */
  get connected(): boolean {
    return this.broker.connected;
  }

  /**
   * Has the cluster execute an operation, and waits for what came of it.
   *
   * @param operation `{ type, ... }`, as the state machine reads it
   * @throws OperationError when it is too large or too deep; ClientError `overloaded`; CcroError
   *   `undecided` when time is up: it may still be decided, and submitting it anew may execute it
   *   twice
   */
  async submit(operation: JsonObject): Promise<Decided> {
    if (this.closing) throw new CcroError('closed', 'the application ends');
    const text = encodeOperation(operation);
    const submitted = this.timestampsKnown.then(() => this.client.submit(text));
    void this.track(submitted.then(({ decided }) => decided));
    const { decided, timestamp } = await submitted;
    const outcome = await this.inTime(decided, timestamp);
    return decidedFrom(this.options.clientId, outcome);
  }

  /**
   * Text of a receipt, which proves the outcome to whoever has the cluster's public keys: see
   * docs/RECEIPTS.md.
   *
   * @throws CcroError `no-receipt` or `closed`
   */
  receipt(decided: Decided): Promise<string> {
    return this.receipts.of(decided);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.closing = true;
    const all = Promise.allSettled([...this.waiting]);
    let stop = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      stop = systemClock.schedule(this.timeoutMs, resolve);
    });
    try {
      await Promise.race([all, late]);
    } finally {
      stop();
    }
  }

  async onApplicationShutdown(): Promise<void> {
    this.client.close();
    await this.broker.close();
  }

  /** Or too few nodes answer: then nothing would be decided in time either. */
  private async untilTimestampsKnown(): Promise<void> {
    let stop = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      stop = systemClock.schedule(KNOWN_TIMEOUT_MS, resolve);
    });
    await Promise.race([this.client.timestampsKnown(), late]);
    stop();
  }

  /** Keeps the promise for as long as it is open. */
  private async track(decided: Promise<unknown>): Promise<void> {
    this.waiting.add(decided);
    await Promise.allSettled([decided]);
    this.waiting.delete(decided);
  }

  private async inTime(decided: Promise<Outcome>, timestamp: number): Promise<Outcome> {
    const { clientId } = this.options;
    let stop = (): void => undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const said = `${clientId}-${timestamp} was not decided in ${this.timeoutMs} ms; it is sent on`;
      stop = systemClock.schedule(this.timeoutMs, () => reject(new CcroError('undecided', said)));
    });
    try {
      return await Promise.race([decided, late]);
    } finally {
      stop();
    }
  }
}

function secretKeyOf(options: CcroOptions, config: ClusterConfig): string {
  const { secretKey, cluster, clientId, keyFile } = options;
  if (secretKey !== undefined) return secretKey;
  const configPath = typeof cluster === 'string' ? cluster : '';
  const owner = { role: 'client', id: clientId } as const;
  return loadPrivateKey({ config, configPath, owner, keyFile }).secretKey;
}
