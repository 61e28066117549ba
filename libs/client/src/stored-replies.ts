/**
 * Results that the replicas no longer hold ready, from what they stored when the request executed.
 *
 * A replica keeps the newest results of a client in memory, up to a number of bytes (`MAX_RESULT_BYTES`
 * in libs/consensus), and answers a repeated request whose result is not among them with the slot it
 * executed in. What it stored of that slot is asked for with a query, and counted as replies are.
 */

import type { ReplicaId, Reply, SequenceNumber } from '@ccro/consensus';
import { decodeShown, type NodeQuery } from '@ccro/wire';
import type { Clock } from '@ccro/clock';
import type { OutstandingRequest } from './outstanding-request.js';

const QUERY_TIMEOUT_MS = 2000;
/** Replicas that are behind come to execute the slot. */
const ATTEMPTS = 4;
const PAUSE_MS = 500;

export interface StoredRepliesParts {
  readonly cluster: string;
  readonly client: string;
  readonly clock: Clock;
  readonly queryAll: (query: NodeQuery, timeoutMs: number) => Promise<readonly unknown[]>;
  /** Takes a reply that is not verified yet. */
  readonly take: (reply: Reply) => void;
}

/** Asks until the request is decided, or often enough. @returns whether it is */
export async function fetchStored(
  outstanding: OutstandingRequest,
  sequence: SequenceNumber,
  parts: StoredRepliesParts,
): Promise<boolean> {
  const { timestamp } = outstanding.request;
  const query = { type: 'reply', sequence, client: parts.client, timestamp } as const;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const answers = await parts.queryAll(query, QUERY_TIMEOUT_MS);
    answers.forEach((answer, replica) => {
      const reply = replyIn(answer, replica, parts);
      if (reply !== undefined) parts.take(reply);
    });
    if (outstanding.phase !== 'waiting') return true;
    await new Promise<void>((resolve) => void parts.clock.schedule(PAUSE_MS, resolve));
  }
  return outstanding.phase !== 'waiting';
}

function replyIn(
  answer: unknown,
  replica: ReplicaId,
  { cluster }: StoredRepliesParts,
): Reply | undefined {
  if (typeof answer !== 'object' || answer === null || !('reply' in answer)) return undefined;
  const { message } = decodeShown(answer.reply, cluster);
  return message?.kind === 'reply' && message.replica === replica ? message : undefined;
}
