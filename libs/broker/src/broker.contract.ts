import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BrokerError } from './broker-error.js';
import type { Broker } from './broker.js';
import { channelNames } from './channels.js';

/** A bus for one run of the suite, and the means to break it. */
export interface BrokerHarness {
  /** A new connection, not connected yet. */
  broker(name: string): Broker;
  /** Begins an outage. */
  breakOff(): Promise<void>;
  /** Ends the outage. */
  restore(): Promise<void>;
  stop(): Promise<void>;
}

interface Received {
  readonly channel: string;
  readonly payload: Uint8Array;
}

/** Notes what a broker reports and lets a test wait for it without looking at a clock. */
class Recorder {
  readonly messages: Received[] = [];
  readonly connections: boolean[] = [];
  private readonly waiting: { condition: () => boolean; resolve: () => void }[] = [];

  constructor(readonly broker: Broker) {
    broker.onMessage((channel, payload) => {
      this.messages.push({ channel, payload: Uint8Array.from(payload) });
      this.wake();
    });
    broker.onConnectionChange((connected) => {
      this.connections.push(connected);
      this.wake();
    });
  }

  get texts(): string[] {
    return this.messages.map(({ payload }) => text(payload));
  }

  async until(condition: () => boolean): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve) => this.waiting.push({ condition, resolve }));
  }

  untilMessages(count: number): Promise<void> {
    return this.until(() => this.messages.length >= count);
  }

  untilConnections(count: number): Promise<void> {
    return this.until(() => this.connections.length >= count);
  }

  private wake(): void {
    for (const entry of this.waiting.filter(({ condition }) => condition())) {
      this.waiting.splice(this.waiting.indexOf(entry), 1);
      entry.resolve();
    }
  }
}

const bytes = (content: string): Uint8Array => new TextEncoder().encode(content);
const text = (payload: Uint8Array): string => new TextDecoder().decode(payload);

/** What every implementation of `Broker` must do. Call it at the top level of a spec. */
export function describeBrokerContract(
  implementation: string,
  start: () => Promise<BrokerHarness>,
): void {
  describe(`${implementation} keeps the broker's contract`, () => {
    let harness: BrokerHarness;
    let clusters = 0;
    let channels = channelNames('spec');
    const open: Broker[] = [];

    beforeAll(async () => {
      harness = await start();
    });
    afterAll(() => harness.stop());
    afterEach(async () => {
      await Promise.all(open.splice(0).map((broker) => broker.close()));
    });

    /** A connected broker; each test has channels of its own. */
    async function participant(name: string, ...subscriptions: string[]): Promise<Recorder> {
      const broker = harness.broker(name);
      open.push(broker);
      const recorder = new Recorder(broker);
      await broker.subscribe(subscriptions);
      await broker.connect();
      return recorder;
    }

    function freshChannels(): typeof channels {
      clusters += 1;
      channels = channelNames(`spec-${clusters}`);
      return channels;
    }

    describe('publishing and subscribing', () => {
      it('delivers a message to all who listen, and counts them', async () => {
        const { broadcast } = freshChannels();
        const receivers = [
          await participant('a', broadcast),
          await participant('b', broadcast),
          await participant('c', broadcast),
        ];
        const { broker: publisher } = await participant('publisher');
        expect(await publisher.publish(broadcast, bytes('hello'))).toBe(3);
        for (const receiver of receivers) {
          await receiver.untilMessages(1);
          expect(receiver.messages).toEqual([{ channel: broadcast, payload: bytes('hello') }]);
        }
      });

      it('delivers only what is on a channel that was subscribed to', async () => {
        const { broadcast, node } = freshChannels();
        const zero = await participant('zero', broadcast, node(0));
        const one = await participant('one', broadcast, node(1));
        expect(await one.broker.publish(node(0), bytes('for zero'))).toBe(1);
        expect(await one.broker.publish(node(7), bytes('for nobody'))).toBe(0);
        expect(await one.broker.publish(broadcast, bytes('for all'))).toBe(2);
        await Promise.all([zero.untilMessages(2), one.untilMessages(1)]);
        expect(zero.messages.map(({ channel }) => channel)).toEqual([node(0), broadcast]);
        expect(one.texts).toEqual(['for all']);
      });

      it('echoes to a publisher that listens itself', async () => {
        const { broadcast } = freshChannels();
        const self = await participant('self', broadcast);
        expect(await self.broker.publish(broadcast, bytes('echo'))).toBe(1);
        await self.untilMessages(1);
        expect(self.texts).toEqual(['echo']);
      });

      it('subscribes while connected, and twice is once', async () => {
        const { broadcast } = freshChannels();
        const late = await participant('late');
        await late.broker.subscribe([broadcast]);
        await late.broker.subscribe([broadcast, broadcast]);
        expect(await late.broker.publish(broadcast, bytes('once'))).toBe(1);
        await late.untilMessages(1);
        expect(late.texts).toEqual(['once']);
      });

      it('hears nothing more of a channel once it has unsubscribed', async () => {
        const names = freshChannels();
        const [broadcast, telemetry] = [names.broadcast, names.telemetry(0)];
        const listener = await participant('listener', broadcast, telemetry);
        const { broker: publisher } = await participant('publisher');
        await listener.broker.unsubscribe([telemetry, 'never-subscribed-to']);
        expect(await publisher.publish(telemetry, bytes('for nobody'))).toBe(0);
        expect(await publisher.publish(broadcast, bytes('still here'))).toBe(1);
        await listener.untilMessages(1);
        expect(listener.texts).toEqual(['still here']);
        await listener.broker.subscribe([telemetry]);
        expect(await publisher.publish(telemetry, bytes('again'))).toBe(1);
      });

      it('stays unsubscribed when it is connected again', async () => {
        const names = freshChannels();
        const [broadcast, telemetry] = [names.broadcast, names.telemetry(0)];
        const listener = await participant('listener', broadcast, telemetry);
        await harness.breakOff();
        await listener.untilConnections(2);
        await listener.broker.unsubscribe([telemetry]);
        await harness.restore();
        await listener.untilConnections(3);
        expect(await listener.broker.publish(telemetry, bytes('for nobody'))).toBe(0);
        expect(await listener.broker.publish(broadcast, bytes('to itself'))).toBe(1);
      });

      it('calls every listener', async () => {
        const { broadcast } = freshChannels();
        const first = await participant('listeners', broadcast);
        const second = new Recorder(first.broker);
        await first.broker.publish(broadcast, bytes('both'));
        await Promise.all([first.untilMessages(1), second.untilMessages(1)]);
        expect(second.texts).toEqual(['both']);
      });

      it('never delivers from within publish', async () => {
        const { broadcast } = freshChannels();
        const self = await participant('self', broadcast);
        const published = self.broker.publish(broadcast, bytes('later'));
        expect(self.messages).toHaveLength(0);
        await published;
        await self.untilMessages(1);
      });

      it('lets a listener publish', async () => {
        const { node } = freshChannels();
        const asker = await participant('asker', node(0));
        const answerer = await participant('answerer', node(1));
        answerer.broker.onMessage((_channel, payload) => {
          void answerer.broker.publish(node(0), bytes(`${text(payload)}!`));
        });
        await asker.broker.publish(node(1), bytes('ping'));
        await asker.untilMessages(1);
        expect(asker.texts).toEqual(['ping!']);
      });
    });

    describe('payloads', () => {
      const everyByte = Uint8Array.from({ length: 256 }, (_, index) => index);
      const payloads: [string, Uint8Array][] = [
        ['empty', new Uint8Array(0)],
        ['every byte value', everyByte],
        ['zero bytes', new Uint8Array(64)],
        ['invalid UTF-8', Uint8Array.of(0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0xf8)],
        ['the line ends of the protocol', bytes('*1\r\n$4\r\nQUIT\r\n')],
        ['a view into a larger buffer', everyByte.subarray(100, 200)],
        ['3 MB', Uint8Array.from({ length: 3_000_000 }, (_, index) => index % 251)],
      ];

      it.each(payloads)('arrive unchanged: %s', async (_name, payload) => {
        const { broadcast } = freshChannels();
        const self = await participant('self', broadcast);
        await self.broker.publish(broadcast, payload);
        await self.untilMessages(1);
        expect(Buffer.compare(self.messages[0]?.payload ?? bytes('none'), payload)).toBe(0);
      });
    });

    it('keeps the order of publication, for every receiver and across channels', async () => {
      const { broadcast, node } = freshChannels();
      const receivers = [
        await participant('a', broadcast, node(0)),
        await participant('b', broadcast, node(0)),
      ];
      const { broker: publisher } = await participant('publisher');
      const count = 2_000;
      const sent = Array.from({ length: count }, (_, index) => `${index}`);
      await Promise.all(
        sent.map((content, index) =>
          publisher.publish(index % 3 === 0 ? node(0) : broadcast, bytes(content)),
        ),
      );
      for (const receiver of receivers) {
        await receiver.untilMessages(count);
        expect(receiver.texts).toEqual(sent);
      }
    });

    it('counts traffic per kind of channel, and in total but for telemetry', async () => {
      const { broadcast, node, client, telemetry } = freshChannels();
      const listener = await participant('listener', broadcast, node(0), client('gateway'));
      const { broker } = await participant('publisher', broadcast);
      await broker.publish(broadcast, bytes('12345'));
      await broker.publish(node(0), bytes('123'));
      await broker.publish(node(0), bytes('1'));
      await broker.publish(client('gateway'), bytes('12'));
      await broker.publish(telemetry(0), bytes('nobody listens'));
      await broker.publish('elsewhere', bytes('?'));
      await listener.untilMessages(4);
      expect(broker.traffic()).toEqual({
        total: { published: 5, deliveries: 5, deliveredBytes: 16 },
        byKind: {
          broadcast: { published: 1, deliveries: 2, deliveredBytes: 10 },
          node: { published: 2, deliveries: 2, deliveredBytes: 4 },
          client: { published: 1, deliveries: 1, deliveredBytes: 2 },
          telemetry: { published: 1, deliveries: 0, deliveredBytes: 0 },
          other: { published: 1, deliveries: 0, deliveredBytes: 0 },
        },
      });
      expect(listener.broker.traffic().total.published).toBe(0);
    });

    describe('connecting and closing', () => {
      it('reports the connection, and connecting twice is once', async () => {
        const broker = harness.broker('ccro:node:3');
        open.push(broker);
        const recorder = new Recorder(broker);
        expect(broker.name).toBe('ccro:node:3');
        expect(broker.connected).toBe(false);
        await Promise.all([broker.connect(), broker.connect()]);
        await broker.connect();
        expect(broker.connected).toBe(true);
        expect(recorder.connections).toEqual([true]);
      });

      it('rejects a publish before the first connection', async () => {
        const broker = harness.broker('early');
        open.push(broker);
        await expect(broker.publish('x', bytes('y'))).rejects.toMatchObject({
          name: 'BrokerError',
          code: 'unavailable',
        });
      });

      it('hears nothing after close, and says why it does nothing', async () => {
        const { broadcast } = freshChannels();
        const { broker: publisher } = await participant('publisher');
        const leaver = await participant('leaver', broadcast);
        await leaver.broker.close();
        expect(leaver.broker.connected).toBe(false);
        expect(leaver.connections).toEqual([true, false]);
        await expect
          .poll(() => publisher.publish(broadcast, bytes('anyone?')), { interval: 5 })
          .toBe(0);
        const closed = { code: 'closed' };
        await expect(leaver.broker.publish(broadcast, bytes('x'))).rejects.toMatchObject(closed);
        await expect(leaver.broker.subscribe(['x'])).rejects.toMatchObject(closed);
        await expect(leaver.broker.connect()).rejects.toMatchObject(closed);
        expect(leaver.messages).toHaveLength(0);
      });

      it('closes more than once, and without having connected', async () => {
        const { broker } = await participant('closed');
        await Promise.all([broker.close(), broker.close()]);
        await broker.close();
        await harness.broker('new').close();
      });

      it('sends what was published before close', async () => {
        const { broadcast } = freshChannels();
        const receiver = await participant('receiver', broadcast);
        const { broker: leaver } = await participant('leaver');
        const published = Array.from({ length: 100 }, (_, index) =>
          leaver.publish(broadcast, bytes(`${index}`)),
        );
        await leaver.close();
        expect(await Promise.all(published)).toEqual(Array(100).fill(1));
        await receiver.untilMessages(100);
      });
    });

    describe('an outage', () => {
      it('is reported, loses messages at once, and ends with all channels subscribed', async () => {
        const { broadcast, node } = freshChannels();
        const receiver = await participant('receiver', broadcast, node(0));
        const sender = await participant('sender', broadcast);

        await harness.breakOff();
        await Promise.all([receiver.untilConnections(2), sender.untilConnections(2)]);
        expect(sender.connections).toEqual([true, false]);
        expect(sender.broker.connected).toBe(false);
        const lost = sender.broker.publish(broadcast, bytes('lost'));
        await expect(lost).rejects.toBeInstanceOf(BrokerError);
        await expect(lost).rejects.toMatchObject({ code: 'unavailable' });
        await receiver.broker.subscribe([node(1)]);

        await harness.restore();
        await Promise.all([receiver.untilConnections(3), sender.untilConnections(3)]);
        expect(sender.connections).toEqual([true, false, true]);
        expect(sender.broker.connected).toBe(true);
        expect(await sender.broker.publish(broadcast, bytes('to all'))).toBe(2);
        expect(await sender.broker.publish(node(0), bytes('to zero'))).toBe(1);
        expect(await sender.broker.publish(node(1), bytes('new in the outage'))).toBe(1);
        await receiver.untilMessages(3);
        expect(receiver.texts).toEqual(['to all', 'to zero', 'new in the outage']);
      });

      it('settles what was in flight', async () => {
        const { broadcast } = freshChannels();
        const sender = await participant('sender', broadcast);
        const results = Array.from({ length: 500 }, () =>
          sender.broker.publish(broadcast, new Uint8Array(10_000)).then(
            () => 'delivered',
            (error: unknown) => (error instanceof BrokerError ? error.code : error),
          ),
        );
        await harness.breakOff();
        const outcomes = new Set(await Promise.all(results));
        outcomes.delete('delivered');
        outcomes.delete('unavailable');
        expect([...outcomes]).toEqual([]);
        await harness.restore();
        await sender.untilConnections(3);
      });

      it('can be left by closing', async () => {
        const { broker, connections } = await participant('leaver', freshChannels().broadcast);
        await harness.breakOff();
        await expect.poll(() => broker.connected, { interval: 5 }).toBe(false);
        await broker.close();
        await harness.restore();
        const { broker: other } = await participant('other');
        expect(await other.publish(channels.broadcast, bytes('gone?'))).toBe(0);
        expect(connections).toEqual([true, false]);
      });

      it('repeats without leaving anything behind', async () => {
        const { broadcast } = freshChannels();
        const self = await participant('self', broadcast);
        for (let round = 1; round <= 3; round += 1) {
          await harness.breakOff();
          await self.untilConnections(2 * round);
          await harness.restore();
          await self.untilConnections(2 * round + 1);
          expect(await self.broker.publish(broadcast, bytes(`round ${round}`))).toBe(1);
          await self.untilMessages(round);
        }
        expect(self.texts).toEqual(['round 1', 'round 2', 'round 3']);
      });
    });
  });
}
