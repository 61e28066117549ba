import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { CcroClient } from '@ccro/client';
import { systemClock } from '@ccro/clock';
import { clientFacts } from '@ccro/cluster-config';
import { generateKeyPair, Verifier } from '@ccro/crypto';
import { GATEWAY_SETTINGS, type GatewaySettings } from '../settings/gateway.options.js';

/**
 * Carries requests that other clients of the cluster signed themselves, and their replies.
 *
 * Invariant kept here: the gateway has none of their keys. A relay signs with a random key,
 * which no node accepts.
 */
@Injectable()
export class Relays implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Relays');
  private readonly byClient = new Map<string, CcroClient>();
  private readonly byChannel = new Map<string, CcroClient>();
  /** Those that listen, or soon do, by the client's id. */
  private readonly listening = new Map<string, Promise<void>>();

  constructor(
    @Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings,
    private readonly verifier: Verifier,
  ) {}

  /**
   * The relay of a client of the cluster file, which listens. It is made when it is first needed.
   *
   * @throws BrokerError when Redis does not let the gateway listen, or the broker was closed
   */
  async of(client: string): Promise<CcroClient> {
    const relay = this.byClient.get(client) ?? this.create(client);
    const listening = this.listening.get(client) ?? this.listen(client, relay);
    await listening;
    return relay;
  }

  /** Takes bytes from a channel; their sender is unknown. */
  receive(channel: string, payload: Uint8Array): void {
    this.byChannel.get(channel)?.receive(payload);
  }

  beforeApplicationShutdown(): void {
    for (const client of this.byChannel.values()) client.close();
  }

  private create(id: string): CcroClient {
    const { config, broker } = this.settings;
    const client = new CcroClient(
      { ...clientFacts(config), client: id, secretKey: generateKeyPair().secretKey },
      { broker, verifier: this.verifier, clock: systemClock },
    );
    this.byClient.set(id, client);
    this.byChannel.set(client.inbox, client);
    return client;
  }

  private listen(id: string, { inbox }: CcroClient): Promise<void> {
    const listening = this.settings.broker.subscribe([inbox]);
    this.listening.set(id, listening);
    listening.catch((error: Error) => {
      // Asked for again with the next request.
      this.listening.delete(id);
      this.logger.warn(`No answers to ${id}: ${error.message}`);
    });
    return listening;
  }
}
