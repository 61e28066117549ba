import type { Broker } from '@ccro/broker';
import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import type { BrokerStatus } from './broker-server.js';

export interface BrokerClientProxyDependencies {
  readonly broker: Broker;
}

/**
 * Nest's client side over the same broker: `emit(channel, payload)` publishes the payload's bytes
 * (a Uint8Array) on the channel and yields the number of receivers. There is no `send`: a
 * publish/subscribe bus has no replies. Hot paths call `Broker.publish`, which spares the
 * Observable.
 */
export class BrokerClientProxy extends ClientProxy<Record<never, never>, BrokerStatus> {
  private readonly broker: Broker;

  constructor({ broker }: BrokerClientProxyDependencies) {
    super();
    this.broker = broker;
    broker.onConnectionChange((connected) => {
      this._status$.next(connected ? 'connected' : 'disconnected');
    });
  }

  /** Connects the broker unless it was connected before; an outage since then is no error here. */
  async connect(): Promise<void> {
    await this.broker.connect();
  }

  /** Leaves the broker open: it belongs to whoever made it, or to the `BrokerServer`. */
  close(): void {}

  /** The broker. */
  unwrap<T>(): T {
    return this.broker as T;
  }

  protected override publish(
    _packet: ReadPacket,
    callback: (packet: WritePacket) => void,
  ): () => void {
    callback({
      err: new TypeError('send() asks for a reply, which a broker does not give: use emit().'),
    });
    return () => {};
  }

  protected override async dispatchEvent<T = number>(packet: ReadPacket): Promise<T> {
    const { pattern, data } = packet as ReadPacket<unknown> & { readonly pattern: unknown };
    if (typeof pattern !== 'string' || !(data instanceof Uint8Array)) {
      throw new TypeError('emit(channel, payload) takes a string and a Uint8Array.');
    }
    return (await this.broker.publish(pattern, data)) as T;
  }
}
