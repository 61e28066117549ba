/**
 * Questions to single replicas and their signed answers, matched by id.
 *
 * Invariant kept here: an answer counts only when the replica that was asked signed it. It is
 * that replica's statement, no more: for the truth ask for a proof or for f+1 equal answers.
 *
 * A query names the run of the replica it is for and a counter of its own there, which the replica
 * says when it is asked without: so nothing depends on two clocks. It is sent again while there is no
 * answer, as it was: a replica that has taken it drops the repetition before it looks at the signature.
 */

import type { ClientId, ReplicaId } from '@ccro/consensus';
import type { RequestSigner, Verifier } from '@ccro/crypto';
import {
  formatNodeQuery,
  mayAnswer,
  parseNodeAnswer,
  readQueryRetry,
  type Answer,
  type NodeAnswer,
  type NodeQuery,
  type Query,
  type QueryRetry,
} from '@ccro/wire';
import { ClientError } from './client-error.js';
import type { Clock } from '@ccro/clock';
import { Deferred } from './deferred.js';
import type { Rejections } from './rejections.js';

/** What questions need from outside. */
export interface NodeQueriesParts {
  readonly client: ClientId;
  readonly signer: RequestSigner;
  readonly verifier: Verifier;
  readonly clock: Clock;
  readonly rejections: Rejections;
  /** Sends a query to a replica. @returns how many received it */
  readonly send: (replica: ReplicaId, query: Query) => Promise<number>;
}

/** Named as long as a replica has not said which run of it there is. */
const UNKNOWN_SESSION = 'unknown';
/** Counters are taken this far apart at most: other processes with the same key count as well. */
const STRIDE = 1024;
/** Above it there is no counter left to be signed. No client ever counts as far; a liar may say so. */
const LAST_COUNTER = Number.MAX_SAFE_INTEGER - STRIDE;
/** Of the time that an answer may take, what is left of it whenever the process gets to look. */
const LAST_PART = 1 / 8;
/** Of that time, when the query is sent again: it, or its answer, may be lost or was not looked at. */
const SENT_AGAIN_AT = [1 / 4, 1 / 2] as const;

interface OpenQuery {
  readonly replica: ReplicaId;
  readonly type: NodeQuery['type'];
  readonly answered: Deferred<NodeAnswer>;
}

export class NodeQueries {
  private readonly open = new Map<string, OpenQuery>();
  /** By replica: its run, and the counter named last. */
  private readonly sessions = new Map<ReplicaId, QueryRetry>();

  constructor(private readonly parts: NodeQueriesParts) {}

  /**
   * Asks `replica` and waits for its answer.
   *
   * @returns an object of bounded size and depth, whose fields are up to the replica: check them
   * @throws ClientError `no-answer` after `timeoutMs`, or at once when the replica is not
   *   connected or the broker is away; `closed`
   */
  async ask(replica: ReplicaId, query: NodeQuery, timeoutMs: number): Promise<NodeAnswer> {
    const deadlineMs = this.parts.clock.now() + timeoutMs;
    const answer = await this.askOnce(replica, query, timeoutMs);
    const retry = readQueryRetry(answer);
    if (retry === undefined) return answer;
    this.learn(replica, retry);
    const again = await this.askOnce(replica, query, deadlineMs - this.parts.clock.now());
    if (readQueryRetry(again) === undefined) return again;
    throw notTaken(replica);
  }

  private async askOnce(
    replica: ReplicaId,
    query: NodeQuery,
    timeoutMs: number,
  ): Promise<NodeAnswer> {
    const { client, signer, clock, send } = this.parts;
    const id = crypto.randomUUID();
    const statement = { id, client, replica, ...this.next(replica), query: formatNodeQuery(query) };
    const signed = signer.signQuery({ kind: 'query', ...statement } as const);
    const answered = new Deferred<NodeAnswer>();
    this.open.set(id, { replica, type: query.type, answered });
    const noAnswer = (why: string): void =>
      answered.reject(new ClientError('no-answer', `node ${replica} ${why}`));
    // In two parts: when this process itself was late, what has come meanwhile is read before the second.
    const lastMs = timeoutMs * LAST_PART;
    let cancel = clock.schedule(timeoutMs - lastMs, () => {
      cancel = clock.schedule(lastMs, () => noAnswer('did not answer in time'));
    });
    const repetitions = SENT_AGAIN_AT.map((part) =>
      clock.schedule(timeoutMs * part, () => void send(replica, signed).catch(() => undefined)),
    );
    send(replica, signed).then(
      (receivers) => {
        if (receivers === 0) noAnswer('is not connected');
      },
      () => noAnswer('cannot be reached: the broker is away'),
    );
    try {
      return await answered.promise;
    } finally {
      cancel();
      for (const cancelRepetition of repetitions) cancelRepetition();
      this.open.delete(id);
    }
  }

  private next(replica: ReplicaId): QueryRetry {
    const known = this.sessions.get(replica);
    // Of what is used up the replica is asked anew.
    const isUsable = known !== undefined && known.counter <= LAST_COUNTER;
    const { session, counter } = isUsable ? known : { session: UNKNOWN_SESSION, counter: 0 };
    const next = { session, counter: counter + randomStep() };
    this.sessions.set(replica, next);
    return next;
  }

  /**
   * Several queries may learn of a new run at once; none takes back what another one counted.
   *
   * @throws ClientError `no-answer` for a counter that leaves none to be named
   */
  private learn(replica: ReplicaId, { session, counter }: QueryRetry): void {
    if (counter > LAST_COUNTER) throw notTaken(replica);
    const known = this.sessions.get(replica);
    const own = known?.session === session ? known.counter : 0;
    this.sessions.set(replica, { session, counter: Math.max(own, counter) });
  }

  /** Takes an answer from the network. */
  receive(answer: Answer): void {
    const { verifier, rejections } = this.parts;
    const query = this.open.get(answer.id);
    if (query === undefined || query.replica !== answer.replica) {
      rejections.count('unsolicited');
      return;
    }
    if (!mayAnswer(query.type, answer.answer)) {
      rejections.count('oversized');
      return;
    }
    const refusal = verifier.refuseAnswer(answer);
    if (refusal !== undefined) {
      rejections.count(refusal);
      return;
    }
    const read = parseNodeAnswer(answer.answer);
    if (read === undefined) rejections.count('malformed');
    else query.answered.resolve(read);
  }

  /** Rejects whatever is open. */
  close(): void {
    const error = new ClientError('closed', 'the client was closed');
    for (const { answered } of this.open.values()) answered.reject(error);
  }
}

function notTaken(replica: ReplicaId): ClientError {
  return new ClientError('no-answer', `node ${replica} takes no query that it has not seen`);
}

/** From 1 to `STRIDE`. */
function randomStep(): number {
  const [random = 0] = crypto.getRandomValues(new Uint16Array(1));
  return 1 + (random % STRIDE);
}
