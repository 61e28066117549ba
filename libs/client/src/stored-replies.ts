/**
 * Results that the replicas no longer hold ready, from what they stored when the request executed.
 *
 * A replica keeps the newest results of a client in memory, up to a number of bytes (`MAX_RESULT_BYTES`
 * in libs/consensus), and answers a repeated request whose result is not among them with the slot it
 * executed in. What it stored of that slot is asked for with a query, and counted as replies are.
 *
 * Invariants kept here:
 * - a request is given up only when so many replicas keep its result no more that the rest is fewer
 *   than f+1. A replica that gives no answer, or has not executed the slot yet, says nothing;
 * - bounded load: a few slots are asked for at a time, each with one query to a replica, which answers
 *   with what it stored of all requests of the client in the slot. A replica has no more than as many
 *   queries open, those that it leaves without an answer among them.
 */

import type { ClusterSize, ReplicaId, Reply, SequenceNumber, Timestamp } from '@ccro/consensus';
import { decodeShown, type NodeQuery } from '@ccro/wire';
import type { Clock } from '@ccro/clock';
import { ClientError } from './client-error.js';
import type { OutstandingRequest } from './outstanding-request.js';

const QUERY_TIMEOUT_MS = 2000;
/** Slots that are asked for at a time, and queries that a replica has open. */
const MAX_ASKED = 4;
/** Between two rounds of queries for one request. */
const PAUSE_MS = { first: 500, longest: 5000 } as const;
/** A replica executes a slot a little before its store has it: it has to say twice that it does not. */
const MIN_TIMES = 2;

export interface StoredRepliesParts {
  readonly cluster: string;
  readonly client: string;
  readonly size: ClusterSize;
  readonly clock: Clock;
  /** Whether there is anybody to ask. Where that changes, `resume` has to be called. */
  readonly isConnected: () => boolean;
  readonly query: (replica: ReplicaId, query: NodeQuery, timeoutMs: number) => Promise<unknown>;
  /** Takes a reply that is not verified yet. */
  readonly take: (reply: Reply) => void;
  /** Too few replicas keep the result. */
  readonly giveUp: (outstanding: OutstandingRequest, error: ClientError) => void;
}

interface Fetch {
  readonly outstanding: OutstandingRequest;
  readonly sequence: SequenceNumber;
  /** How often replicas said that they do not keep the result. */
  readonly notKept: Map<ReplicaId, number>;
  pauseMs: number;
  cancelPause: () => void;
}

export class StoredReplies {
  private readonly fetches = new Map<Timestamp, Fetch>();
  /** Those that are to be asked for next, in order. */
  private readonly due = new Set<Fetch>();
  /** What is being asked for, by slot. */
  private readonly asked = new Map<SequenceNumber, Fetch>();
  /** Queries without an answer yet, by replica. */
  private readonly open: number[];

  constructor(private readonly parts: StoredRepliesParts) {
    this.open = Array.from({ length: parts.size.n }, () => 0);
  }

  /** Requests that are being fetched. */
  get size(): number {
    return this.fetches.size;
  }

  /** Asks until the request is decided or given up. */
  fetch(outstanding: OutstandingRequest, sequence: SequenceNumber): void {
    const fetch: Fetch = {
      ...{ outstanding, sequence, notKept: new Map() },
      pauseMs: PAUSE_MS.first,
      cancelPause: () => undefined,
    };
    this.fetches.set(outstanding.timestamp, fetch);
    this.due.add(fetch);
    this.askNext();
  }

  /** A request was decided or given up. */
  ended({ timestamp }: OutstandingRequest): void {
    const fetch = this.fetches.get(timestamp);
    if (fetch === undefined) return;
    fetch.cancelPause();
    this.fetches.delete(timestamp);
    this.due.delete(fetch);
    this.leaveSlot(fetch);
    // What decided it may decide others of the slot as well.
    queueMicrotask(() => this.askNext());
  }

  /** The connection is back: nobody waits any longer. */
  resume(): void {
    for (const fetch of this.fetches.values()) {
      fetch.cancelPause();
      fetch.pauseMs = PAUSE_MS.first;
      if (this.asked.get(fetch.sequence) !== fetch) this.due.add(fetch);
    }
    this.askNext();
  }

  private askNext(): void {
    for (const fetch of this.due) {
      if (this.asked.size >= MAX_ASKED || !this.parts.isConnected()) return;
      if (this.asked.has(fetch.sequence)) continue;
      this.due.delete(fetch);
      this.asked.set(fetch.sequence, fetch);
      void this.ask(fetch);
    }
  }

  /** One round. A replica that has left too much without an answer is left out of it. */
  private async ask(fetch: Fetch): Promise<void> {
    const asking = this.open.flatMap((open, replica) =>
      open < MAX_ASKED ? [this.askOne(fetch, replica)] : [],
    );
    await Promise.all(asking);
    // Decided meanwhile, or given up.
    if (this.asked.get(fetch.sequence) !== fetch) return;
    if (this.mayBeKept(fetch)) {
      this.leaveSlot(fetch);
      this.pause(fetch);
      this.askNext();
    } else this.parts.giveUp(fetch.outstanding, dropped(fetch));
  }

  /** Never rejects. */
  private async askOne(fetch: Fetch, replica: ReplicaId): Promise<void> {
    const { sequence, notKept, outstanding } = fetch;
    const { timestamp } = outstanding;
    const { client, cluster } = this.parts;
    const query = { type: 'reply', sequence, client, timestamp, others: true } as const;
    this.open[replica] = (this.open[replica] ?? 0) + 1;
    const answer = await this.parts.query(replica, query, QUERY_TIMEOUT_MS).catch(() => undefined);
    this.open[replica] -= 1;
    if (isNotKept(answer, sequence)) notKept.set(replica, (notKept.get(replica) ?? 0) + 1);
    const reply = replyIn(answer, replica, cluster);
    if (reply === undefined) return;
    notKept.delete(replica);
    this.parts.take(reply);
  }

  private mayBeKept({ notKept }: Fetch): boolean {
    const { n, weakQuorum } = this.parts.size;
    const certain = [...notKept.values()].filter((times) => times >= MIN_TIMES);
    return n - certain.length >= weakQuorum;
  }

  private pause(fetch: Fetch): void {
    fetch.cancelPause = this.parts.clock.schedule(fetch.pauseMs, () => {
      this.due.add(fetch);
      this.askNext();
    });
    fetch.pauseMs = Math.min(2 * fetch.pauseMs, PAUSE_MS.longest);
  }

  private leaveSlot(fetch: Fetch): void {
    if (this.asked.get(fetch.sequence) === fetch) this.asked.delete(fetch.sequence);
  }
}

function dropped({ outstanding: { timestamp }, sequence }: Fetch): ClientError {
  const where = `timestamp ${timestamp} executed in slot ${sequence}`;
  return new ClientError('result-dropped', `${where}, but too few nodes keep its result`);
}

/** Whether it is the word of a replica that executed the slot and keeps no result of the request. */
function isNotKept(answer: unknown, sequence: SequenceNumber): boolean {
  if (typeof answer !== 'object' || answer === null) return false;
  if (!('reply' in answer) || !('lastExecuted' in answer)) return false;
  const { reply, lastExecuted } = answer;
  return reply === null && typeof lastExecuted === 'number' && lastExecuted >= sequence;
}

function replyIn(answer: unknown, replica: ReplicaId, cluster: string): Reply | undefined {
  if (typeof answer !== 'object' || answer === null || !('reply' in answer)) return undefined;
  const { message } = decodeShown(answer.reply, cluster);
  return message?.kind === 'reply' && message.replica === replica ? message : undefined;
}
