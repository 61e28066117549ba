/**
 * Somebody who hears everything and can publish anything, but holds no key: replays what was said,
 * alters it, puts other names to it, and sends rubbish. The broker itself can do as much.
 */

import { channelNames } from '@ccro/broker';
import type { Random } from './random.js';
import type { Published, SimulatedNetwork } from './simulated-network.js';
import type { VirtualTime } from './virtual-time.js';

/** Messages remembered, so that some come again long after they were said. */
const REMEMBERED = 512;
const RECENT = 8;

export class Outsider {
  private readonly heard: Published[] = [];
  private cancel: () => void = () => undefined;

  constructor(
    private readonly options: { readonly cluster: string; readonly n: number },
    private readonly time: VirtualTime,
    private readonly network: SimulatedNetwork,
    private readonly random: Random,
  ) {}

  /** Listens in. Memory is bounded: what is forgotten is chosen at random. */
  overhear(published: Published): void {
    if (published.from === 'outsider') return;
    this.heard.push(published);
    if (this.heard.length > REMEMBERED) this.heard.splice(this.random.below(REMEMBERED / 2), 1);
  }

  /** Interferes so many times a second from now on; 0 stops it. */
  interfere(messagesPerSecond: number): void {
    this.cancel();
    if (messagesPerSecond <= 0) return;
    const waitMs = this.random.between(0, 2_000 / messagesPerSecond);
    this.cancel = this.time.schedule(waitMs, () => {
      this.send();
      this.interfere(messagesPerSecond);
    });
  }

  private send(): void {
    const { random } = this;
    // Mostly what matters now, sometimes what was said long ago.
    const heard = random.chance(0.7) ? this.heard.slice(-RECENT) : this.heard;
    const original = random.pick(heard);
    if (original === undefined) return;
    const payload = random.chance(0.4) ? original.payload : this.altered(original.payload);
    const { broadcast } = channelNames(this.options.cluster);
    const channel = random.chance(0.5) ? original.channel : broadcast;
    this.network.publish('outsider', channel, payload);
  }

  private altered(payload: Uint8Array): Uint8Array {
    const { random } = this;
    if (random.chance(0.1)) return payload.subarray(0, random.below(payload.length));
    const message = JSON.parse(Buffer.from(payload).toString('utf8')) as Record<string, unknown>;
    return Buffer.from(JSON.stringify(this.alter(message)));
  }

  /** The same with another sender, place or content; the signature stays, and holds no more. */
  private alter(message: Record<string, unknown>): Record<string, unknown> {
    const { random } = this;
    const fields = ['replica', 'view', 'sequence', 'digest', 'signature', 'operation'];
    const present = fields.filter((field) => field in message);
    const impersonates = 'replica' in message && random.chance(0.5);
    const field = impersonates ? 'replica' : random.pick(present);
    if (field === undefined) return message;
    return { ...message, [field]: this.other(field, message[field]) };
  }

  private other(field: string, value: unknown): unknown {
    const { random } = this;
    if (field === 'replica') return random.below(this.options.n);
    if (typeof value === 'number') return Math.max(0, value + random.integer(-1, 2));
    if (field === 'digest')
      return String(value).replace(/^./, (first) => (first === '0' ? '1' : '0'));
    if (field === 'signature') return `${'A'.repeat(85)}A`;
    return JSON.stringify({ type: 'append', data: 'forged' } satisfies object);
  }
}
