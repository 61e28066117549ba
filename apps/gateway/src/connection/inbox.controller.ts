import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { CcroClient } from '@ccro/client';
import { BROKER_TRANSPORT, BrokerContext, FALLBACK_PATTERN } from '@ccro/transport';
import { Relays } from './relays.js';

/** What arrives on clients' channels: replies, answers, and whatever a stranger sends. */
@Controller()
export class InboxController {
  constructor(
    private readonly client: CcroClient,
    private readonly relays: Relays,
  ) {}

  @EventPattern<string[]>(['reply', 'brief-reply', 'answer', FALLBACK_PATTERN], BROKER_TRANSPORT)
  receive(@Payload() payload: Uint8Array, @Ctx() context: BrokerContext): void {
    const channel = context.getChannel();
    if (channel === this.client.inbox) this.client.receive(payload);
    else this.relays.receive(channel, payload);
  }
}
