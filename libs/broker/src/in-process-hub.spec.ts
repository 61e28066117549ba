import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { describeBrokerContract } from './broker.contract.js';
import { InProcessHub } from './in-process-hub.js';

describeBrokerContract('InProcessHub', async () => {
  const hub = new InProcessHub();
  return {
    broker: (name) => hub.broker(name),
    breakOff: async () => hub.setAvailable(false),
    restore: async () => hub.setAvailable(true),
    stop: async () => {},
  };
});

const payload = new Uint8Array(8);

async function connected(hub: InProcessHub, name: string, ...channels: string[]) {
  const broker = hub.broker(name);
  await broker.subscribe(channels);
  await broker.connect();
  return broker;
}

describe('InProcessHub', () => {
  it('leaves room for timers and sockets while messages never end', async () => {
    const hub = new InProcessHub();
    const self = await connected(hub, 'self', 'x');
    let running = true;
    self.onMessage(() => {
      // every message causes two more until the test ends
      if (!running) return;
      void self.publish('x', payload);
      if (hub.lost === 0) void self.publish('x', payload);
    });
    await self.publish('x', payload);
    for (let round = 0; round < 5; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    running = false;
    hub.setAvailable(false);
    await self.close();
  });

  it('knows who has unread messages', async () => {
    const hub = new InProcessHub();
    const sender = await connected(hub, 'sender');
    const receiver = await connected(hub, 'receiver', 'x');
    const seen: boolean[] = [];
    const read = new Promise<void>((resolve) => {
      receiver.onMessage(() => {
        seen.push(receiver.hasUnread);
        if (!receiver.hasUnread) resolve();
      });
    });
    await Promise.all([sender.publish('x', payload), sender.publish('x', payload)]);
    expect([sender.hasUnread, receiver.hasUnread]).toEqual([false, true]);
    await read;
    expect(seen).toEqual([true, false]);
    await sender.publish('x', payload);
    hub.setAvailable(false);
    expect(receiver.hasUnread).toBe(false);
  });

  it('delivers at most so many messages in one turn', async () => {
    const hub = new InProcessHub({ maxDeliveriesPerTurn: 3, turnBudgetMs: 1_000 });
    const self = await connected(hub, 'self', 'x');
    let received = 0;
    self.onMessage(() => {
      received += 1;
    });
    for (let count = 0; count < 7; count += 1) void self.publish('x', payload);
    const perTurn: number[] = [];
    while (received < 7) {
      const before = received;
      await new Promise(setImmediate);
      perTurn.push(received - before);
    }
    expect(perTurn).toEqual([3, 3, 1]);
  });

  it('ends a turn when its time is used up', async () => {
    const hub = new InProcessHub({ turnBudgetMs: 0 });
    const self = await connected(hub, 'self', 'x');
    let received = 0;
    self.onMessage(() => {
      received += 1;
    });
    await self.publish('x', payload);
    await self.publish('x', payload);
    await new Promise(setImmediate);
    expect(received).toBe(1);
  });

  it('loses messages above its limit of waiting bytes, and counts them', async () => {
    const hub = new InProcessHub({ maxQueuedBytes: 20 });
    const self = await connected(hub, 'self', 'x');
    const counts = [1, 2, 3].map(() => self.publish('x', payload));
    expect(await Promise.all(counts)).toEqual([1, 1, 0]);
    expect(hub.lost).toBe(1);
    await new Promise(setImmediate);
    expect(await self.publish('x', payload)).toBe(1);
  });

  it('loses in an outage what was not delivered yet', async () => {
    const hub = new InProcessHub();
    const self = await connected(hub, 'self', 'x');
    let received = 0;
    self.onMessage(() => {
      received += 1;
    });
    await self.publish('x', payload);
    hub.setAvailable(false);
    hub.setAvailable(true);
    await new Promise(setImmediate);
    expect(received).toBe(0);
    expect(hub.lost).toBe(1);
  });

  it('refuses connections during an outage', async () => {
    const hub = new InProcessHub();
    hub.setAvailable(false);
    expect(hub.available).toBe(false);
    await expect(hub.broker('x').connect()).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('keeps delivering to others after a listener threw', async () => {
    const hub = new InProcessHub();
    const bad = await connected(hub, 'bad', 'x');
    const good = await connected(hub, 'good', 'x');
    bad.onMessage(() => {
      throw new Error('a bug');
    });
    const heard = new Promise((resolve) => good.onMessage((channel) => resolve(channel)));
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const uncaught = new Promise((resolve) => process.once('uncaughtException', resolve));
    await bad.publish('x', payload);
    expect(await uncaught).toMatchObject({ message: 'a bug' });
    expect(await heard).toBe('x');
    for (const listener of listeners) process.on('uncaughtException', listener);
  });

  it('keeps hundreds of thousands of messages moving', async () => {
    const hub = new InProcessHub();
    const self = await connected(hub, 'self', 'x');
    const count = 200_000;
    let received = 0;
    const all = new Promise<void>((resolve) => {
      self.onMessage(() => {
        received += 1;
        if (received === count) resolve();
      });
    });
    for (let index = 0; index < count; index += 1) void self.publish('x', payload);
    await all;
    expect(received).toBe(count);
  });
});
