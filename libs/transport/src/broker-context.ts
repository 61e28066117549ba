import { BaseRpcContext } from '@nestjs/microservices';

/** Where a message came from, as far as the broker knows: never who sent it. */
export class BrokerContext extends BaseRpcContext<[channel: string]> {
  /** The channel the message arrived on. */
  getChannel(): string {
    return this.args[0];
  }
}
