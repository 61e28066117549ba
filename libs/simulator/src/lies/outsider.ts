/**
 * An outsider that hears everything and can publish anything, but holds no key: replays messages,
 * alters it, puts other names to it, and sends rubbish. The broker itself can do as much.
 */

import { channelNames } from '@ccro/broker';
import { bytes } from '@ccro/primitives';
import { json } from '@ccro/wire';
import type { Random } from '../random.js';
import type { Published, SimulatedNetwork } from '../simulated-network.js';
import type { VirtualTime } from '../virtual-time.js';
import { alteredRequests, isList } from './altered-list.js';
import { TwistedVotes } from './twisted-votes.js';

/** Messages remembered, so that some come again long after they were said. */
const REMEMBERED = 512;
const RECENT = 8;
/** Of the statements that two votes were heard on. */
const TWISTED_SHARE = 0.3;
/** How each vote begins on the wire: most messages are something else, and not worth reading. */
const VOTE = bytes.fromUtf8('{"kind":"vote"');
// Nothing of what was sent is left out: a byte order mark is a character like others.
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

export class Outsider {
  private readonly heard: Published[] = [];
  private readonly votes = new TwistedVotes();
  private interferes = false;
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
    if (this.interferes) this.twist(published);
    this.heard.push(published);
    if (this.heard.length > REMEMBERED) this.heard.splice(this.random.below(REMEMBERED / 2), 1);
  }

  /** Interferes so many times a second from now on; 0 stops it. */
  interfere(messagesPerSecond: number): void {
    this.cancel();
    this.interferes = messagesPerSecond > 0;
    if (messagesPerSecond <= 0) return;
    const waitMs = this.random.between(0, 2_000 / messagesPerSecond);
    this.cancel = this.time.schedule(waitMs, () => {
      this.send();
      this.interfere(messagesPerSecond);
    });
  }

  /** Votes count soon or never, so these lies are told at once. */
  private twist({ channel, payload }: Published): void {
    if (!bytes.equal(payload.subarray(0, VOTE.length), VOTE)) return;
    const { message } = json.decode(payload, this.options.cluster);
    if (message?.kind !== 'vote') return;
    const lies = this.votes.twist(message);
    if (lies === undefined || !this.random.chance(TWISTED_SHARE)) return;
    this.time.schedule(0, () => {
      for (const lie of lies) this.network.publish('outsider', channel, lie);
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
    const message = JSON.parse(UTF8.decode(payload)) as Record<string, unknown>;
    return bytes.fromUtf8(JSON.stringify(this.alter(message)));
  }

  /** The same with another sender, place or content; the signature stays, and holds no more. */
  private alter(message: Record<string, unknown>): Record<string, unknown> {
    const { random } = this;
    const share = isList(message) ? 0.7 : 0.3;
    if ((message['kind'] === 'request' || isList(message)) && random.chance(share)) {
      return alteredRequests(message, random);
    }
    const bodies = bodiesOf(message);
    if (bodies.length > 0 && random.chance(0.3)) {
      const at = random.below(bodies.length);
      return { ...message, bodies: bodies.with(at, alteredRequests(bodies[at] ?? {}, random)) };
    }
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
    if (field === 'signature') return 'A'.repeat(String(value).length);
    return JSON.stringify({ type: 'append', data: 'forged' } satisfies object);
  }
}

/** The requests that travel along with a pre-prepare. */
function bodiesOf({ bodies }: Record<string, unknown>): readonly Record<string, unknown>[] {
  return Array.isArray(bodies) ? (bodies as readonly Record<string, unknown>[]) : [];
}
