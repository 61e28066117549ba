/**
 * Reads stored decisions and sends them to replicas that are behind.
 *
 * Invariant kept here (bounded memory): whoever calls for help, and however often, no more is read at
 * a time than one decision or so many characters.
 */

import type { Decision, ReplicaId, SequenceNumber } from '@ccro/consensus';
import type { ReplicaStore } from '@ccro/storage';

/** Characters of decisions that are read in one go, unless one alone is longer. */
const MAX_READ_CHARACTERS = 1024 * 1024;

/** Stored decisions that a replica lacks. */
export interface WantedDecisions {
  readonly to: ReplicaId;
  readonly first: SequenceNumber;
  readonly last: SequenceNumber;
}

export class DecisionSender {
  /** Settles when everything asked for so far was sent. Never rejects. */
  private idle: Promise<unknown> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly store: ReplicaStore,
    private readonly send: (to: ReplicaId, decision: Decision) => void,
  ) {}

  /** Sends what is there of these, after what was wanted before. Rejects when the store does. */
  sendAll(wanted: WantedDecisions): Promise<void> {
    const done = this.idle.then(() => this.sendNow(wanted));
    this.idle = done.catch(() => undefined);
    return done;
  }

  /** Sends nothing more. The store is not read once the promise resolves. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.idle;
  }

  private async sendNow({ to, first, last }: WantedDecisions): Promise<void> {
    let next = first;
    while (next <= last && !this.stopped) {
      const page = await this.store.decisions(next, last, MAX_READ_CHARACTERS);
      if (page.length === 0) return;
      for (const { decision } of page) this.send(to, decision);
      next += page.length;
    }
  }
}
