import { InProcessHub } from '@ccro/broker';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { BrokerClientProxy } from './broker-client-proxy.js';

const CHANNEL = 'ccro:{spec}:broadcast';

function make() {
  const hub = new InProcessHub();
  const broker = hub.broker('gateway');
  return { hub, broker, proxy: new BrokerClientProxy({ broker }) };
}

describe('BrokerClientProxy', () => {
  it('connects by itself, publishes bytes and yields the number of receivers', async () => {
    const { hub, broker, proxy } = make();
    const listener = hub.broker('listener');
    await listener.subscribe([CHANNEL]);
    await listener.connect();
    const heard = new Promise((resolve) => listener.onMessage((_, payload) => resolve(payload)));
    expect(await lastValueFrom(proxy.emit<number>(CHANNEL, Uint8Array.of(1, 0, 255)))).toBe(1);
    expect(await heard).toEqual(Uint8Array.of(1, 0, 255));
    expect(broker.traffic().total.published).toBe(1);
  });

  it('publishes even if nobody looks at the result', async () => {
    const { broker, proxy } = make();
    await broker.subscribe([CHANNEL]);
    await broker.connect();
    const heard = new Promise((resolve) => broker.onMessage((channel) => resolve(channel)));
    proxy.emit(CHANNEL, new Uint8Array(1));
    expect(await heard).toBe(CHANNEL);
  });

  it('passes on that the broker is unavailable', async () => {
    const { hub, proxy } = make();
    await proxy.connect();
    hub.setAvailable(false);
    await expect(firstValueFrom(proxy.emit(CHANNEL, new Uint8Array(1)))).rejects.toMatchObject({
      name: 'BrokerError',
    });
  });

  it('takes nothing but bytes on a named channel', async () => {
    const { proxy } = make();
    await expect(firstValueFrom(proxy.emit(CHANNEL, 'text'))).rejects.toThrow('Uint8Array');
    await expect(firstValueFrom(proxy.emit({ kind: 'vote' }, new Uint8Array(1)))).rejects.toThrow(
      'takes a string',
    );
  });

  it('has no request and reply', async () => {
    const { proxy } = make();
    await expect(firstValueFrom(proxy.send(CHANNEL, new Uint8Array(1)))).rejects.toThrow('emit()');
  });

  it('reports the connection, and leaves the broker open when closed', async () => {
    const { hub, broker, proxy } = make();
    const statuses: string[] = [];
    proxy.status.subscribe((status) => statuses.push(status));
    await proxy.connect();
    hub.setAvailable(false);
    hub.setAvailable(true);
    proxy.close();
    expect(broker.connected).toBe(true);
    expect(statuses).toEqual(['connected', 'disconnected', 'connected']);
    expect(proxy.unwrap()).toBe(broker);
  });
});
