import type { Outcome } from '@ccro/client';
import type { ClientId, Evidence, ExecutedSlot, RejectCode, ReplicaId } from '@ccro/consensus';
import type { Delivery, Published } from '../simulated-network.js';
import type { VirtualTime } from '../virtual-time.js';
import { shortDigest } from './describe-message.js';
import { channelText, connectionText } from './names.js';
import type { Trace } from './trace.js';

/** Spells out what happens in a cluster, one line each. */
export class ClusterTrace {
  constructor(
    private readonly time: VirtualTime,
    private readonly trace: Trace,
  ) {}

  note(text: string): void {
    this.trace.add(this.time.now(), text);
  }

  /** A message, and what becomes of it on the way to each receiver. */
  published({ from, channel, deliveries }: Published, message: string): void {
    const fates = deliveries.map(fateText).join(', ');
    const text = `${connectionText(from)} -> ${channelText(channel)}: ${message}`;
    this.note(`${text}  [${fates === '' ? 'nobody' : fates}]`);
  }

  executed(replica: ReplicaId, { sequence, view, digest, requests }: ExecutedSlot): void {
    const batch = `d=${shortDigest(digest)} (${requests} requests, decided in v${view})`;
    this.note(`node ${replica} executed s${sequence} ${batch}`);
  }

  evidence(replica: ReplicaId, { accused, kind }: Evidence): void {
    this.note(`node ${replica} has evidence against node ${accused}: ${kind}`);
  }

  rejected(replica: ReplicaId, code: RejectCode, from: string | number | undefined): void {
    const sender = from === undefined ? '' : `, from ${from}`;
    this.note(`node ${replica} did not use something: ${code}${sender}`);
  }

  stopped(replica: ReplicaId, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.note(`node ${replica} stopped itself: ${why}`);
  }

  decided(client: ClientId, { timestamp, sequence, resultText }: Outcome): void {
    this.note(`client ${client} believes ${timestamp}, executed at s${sequence}: ${resultText}`);
  }
}

function fateText({ to, delaysMs }: Delivery): string {
  const copies = delaysMs.map((delayMs) => `+${delayMs.toFixed(1)}`).join(' ');
  return `${connectionText(to)} ${copies === '' ? 'lost' : copies}`;
}
