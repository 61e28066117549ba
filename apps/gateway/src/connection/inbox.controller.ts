import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { CcroClient } from '@ccro/client';
import { BROKER_TRANSPORT, FALLBACK_PATTERN } from '@ccro/transport';

/** What arrives on the gateway's channel: replies, answers, and whatever a stranger sends. */
@Controller()
export class InboxController {
  constructor(private readonly client: CcroClient) {}

  @EventPattern<string[]>(['reply', 'brief-reply', 'answer', FALLBACK_PATTERN], BROKER_TRANSPORT)
  receive(@Payload() payload: Uint8Array): void {
    this.client.receive(payload);
  }
}
