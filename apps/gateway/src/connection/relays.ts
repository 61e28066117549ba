import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { CcroClient } from '@ccro/client';
import { systemClock } from '@ccro/clock';
import { generateKeyPair, Verifier } from '@ccro/crypto';
import { GATEWAY_SETTINGS } from '../gateway.constants.js';
import type { GatewaySettings } from '../gateway.options.js';

/**
 * Carries requests that other clients of the cluster signed themselves, and their replies.
 *
 * Invariant kept here: the gateway has none of their keys. Whatever a relay signed would be signed
 * with a key that nobody knows, and no node would take it.
 */
@Injectable()
export class Relays implements BeforeApplicationShutdown {
  private readonly byClient = new Map<string, Promise<CcroClient>>();
  private readonly byChannel = new Map<string, CcroClient>();

  constructor(
    @Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings,
    private readonly verifier: Verifier,
  ) {}

  /**
   * The relay of a client of the cluster file, which listens. It is made when it is first needed.
   *
   * @throws BrokerError when the broker cannot be reached
   */
  of(client: string): Promise<CcroClient> {
    const known = this.byClient.get(client);
    if (known !== undefined) return known;
    const opening = this.open(client);
    this.byClient.set(client, opening);
    opening.catch(() => this.byClient.delete(client));
    return opening;
  }

  /** Takes bytes from a channel: anybody may have sent them. */
  receive(channel: string, payload: Uint8Array): void {
    this.byChannel.get(channel)?.receive(payload);
  }

  beforeApplicationShutdown(): void {
    for (const client of this.byChannel.values()) client.close();
  }

  private async open(id: string): Promise<CcroClient> {
    const { config, broker } = this.settings;
    const client = new CcroClient(
      {
        cluster: config.cluster,
        n: config.members.length,
        client: id,
        secretKey: generateKeyPair().secretKey,
      },
      { broker, verifier: this.verifier, clock: systemClock },
    );
    this.byChannel.set(client.inbox, client);
    await broker.subscribe([client.inbox]);
    return client;
  }
}
