import { describe, expect, it } from 'vitest';
import { Random } from './random.js';
import { HEALTHY_NETWORK, SimulatedNetwork, type NetworkFaults } from './simulated-network.js';
import { VirtualTime } from './virtual-time.js';

const PAYLOAD = Uint8Array.of(1);

function networkWith(faults: Partial<NetworkFaults> = {}) {
  const time = new VirtualTime();
  const network = new SimulatedNetwork(time, new Random(1));
  network.faults = { ...HEALTHY_NETWORK, ...faults };
  const arrivals: number[] = [];
  const receiver = network.broker('receiver');
  void receiver.subscribe(['channel']);
  receiver.onMessage(() => arrivals.push(time.now()));
  return { time, network, receiver, arrivals, sender: network.broker('sender') };
}

async function send(
  { time, sender }: ReturnType<typeof networkWith>,
  count: number,
): Promise<void> {
  for (let index = 0; index < count; index += 1) await sender.publish('channel', PAYLOAD);
  await time.runUntil(() => false, 100_000);
}

describe('a simulated network', () => {
  it('delivers within its delays, once, to those who listen', async () => {
    const parts = networkWith({ minDelayMs: 3, maxDelayMs: 5 });
    expect(await parts.sender.publish('channel', PAYLOAD)).toBe(1);
    expect(await parts.sender.publish('another', PAYLOAD)).toBe(0);
    await send(parts, 99);
    expect(parts.arrivals).toHaveLength(100);
    expect(Math.min(...parts.arrivals)).toBeGreaterThanOrEqual(3);
    expect(Math.max(...parts.arrivals)).toBeLessThan(5);
  });

  it('loses, repeats and holds back as often as it is told', async () => {
    const lossy = networkWith({ loss: 0.3 });
    await send(lossy, 1000);
    expect(lossy.arrivals.length).toBeGreaterThan(600);
    expect(lossy.arrivals.length).toBeLessThan(800);
    const repeating = networkWith({ duplication: 0.2 });
    await send(repeating, 1000);
    expect(repeating.arrivals.length).toBeGreaterThan(1100);
    expect(repeating.arrivals.length).toBeLessThan(1300);
    const straggling = networkWith({ straggling: { chance: 0.1, maxDelayMs: 5_000 } });
    await send(straggling, 1000);
    const late = straggling.arrivals.filter((atMs) => atMs > HEALTHY_NETWORK.maxDelayMs);
    expect(late.length).toBeGreaterThan(50);
    expect(late.length).toBeLessThan(150);
    expect(Math.max(...late)).toBeGreaterThan(3_000);
  });

  it('cuts what is cut, one way', async () => {
    const parts = networkWith();
    parts.network.connected = (from, to) => !(from === 'sender' && to === 'receiver');
    await send(parts, 3);
    expect(parts.arrivals).toEqual([]);
    expect(parts.network.publish('stranger', 'channel', PAYLOAD)).toBe(1);
    await parts.time.runUntil(() => parts.arrivals.length > 0, 10);
    expect(parts.arrivals).toHaveLength(1);
  });

  it('shows what becomes of each message', () => {
    const { network } = networkWith({ minDelayMs: 2, maxDelayMs: 2, duplication: 1 });
    const seen: unknown[] = [];
    network.onPublished = ({ from, deliveries }) => seen.push([from, deliveries]);
    network.publish('sender', 'channel', PAYLOAD);
    expect(seen).toEqual([['sender', [{ to: 'receiver', delaysMs: [2, 2] }]]]);
  });
});

describe('a connection', () => {
  it('that is away hears and says nothing, and tells when it is back', async () => {
    const parts = networkWith({ minDelayMs: 2, maxDelayMs: 2 });
    const changes: boolean[] = [];
    parts.receiver.onConnectionChange((connected) => changes.push(connected));
    parts.network.publish('sender', 'channel', PAYLOAD);
    parts.receiver.setAway(true);
    parts.receiver.setAway(true);
    await expect(parts.receiver.publish('channel', PAYLOAD)).rejects.toMatchObject({
      code: 'unavailable',
    });
    await send(parts, 1);
    expect(parts.arrivals).toEqual([]);
    parts.receiver.setAway(false);
    await send(parts, 1);
    expect(parts.arrivals).toHaveLength(1);
    expect(changes).toEqual([false, true]);
  });

  it('that is closed stays so; another of its name takes its place', async () => {
    const parts = networkWith();
    await parts.receiver.close();
    await expect(parts.receiver.publish('channel', PAYLOAD)).rejects.toMatchObject({
      code: 'closed',
    });
    const again = parts.network.broker('receiver');
    void again.subscribe(['channel']);
    let heard = 0;
    again.onMessage(() => (heard += 1));
    await send(parts, 1);
    expect([heard, parts.arrivals]).toEqual([1, []]);
  });
});
