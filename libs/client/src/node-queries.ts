/**
 * Questions to single replicas and their signed answers, matched by id.
 *
 * Invariant kept here: an answer counts only when the replica that was asked signed it. It is
 * that replica's word, no more: whoever needs truth asks for proof or for f+1 equal answers.
 */

import { randomUUID } from 'node:crypto';
import type { ClientId, ReplicaId } from '@ccro/consensus';
import type { RequestSigner, Verifier } from '@ccro/crypto';
import { formatNodeQuery, type Answer, type NodeQuery, type Query } from '@ccro/wire';
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

interface OpenQuery {
  readonly replica: ReplicaId;
  readonly answered: Deferred<unknown>;
}

export class NodeQueries {
  private readonly open = new Map<string, OpenQuery>();

  constructor(private readonly parts: NodeQueriesParts) {}

  /**
   * Asks `replica` and waits for its answer.
   *
   * @returns the answer's JSON, of a shape that is up to the replica: check it
   * @throws ClientError `no-answer` after `timeoutMs`, or at once when the replica is not
   *   connected or the broker is away; `closed`
   */
  async ask(replica: ReplicaId, query: NodeQuery, timeoutMs: number): Promise<unknown> {
    const { client, signer, clock, send } = this.parts;
    const id = randomUUID();
    const answered = new Deferred<unknown>();
    this.open.set(id, { replica, answered });
    const noAnswer = (why: string): void =>
      answered.reject(new ClientError('no-answer', `node ${replica} ${why}`));
    const cancel = clock.schedule(timeoutMs, () => noAnswer('did not answer in time'));
    // Nodes compare this with their own wall clock, so that a recorded query cannot be used later.
    const sentAtMs = Date.now();
    const statement = { id, client, replica, sentAtMs, query: formatNodeQuery(query) };
    send(replica, signer.signQuery({ kind: 'query', ...statement } as const)).then(
      (receivers) => {
        if (receivers === 0) noAnswer('is not connected');
      },
      () => noAnswer('cannot be reached: the broker is away'),
    );
    try {
      return await answered.promise;
    } finally {
      cancel();
      this.open.delete(id);
    }
  }

  /** Takes an answer from the network. */
  receive(answer: Answer): void {
    const { verifier, rejections } = this.parts;
    const query = this.open.get(answer.id);
    if (query === undefined || query.replica !== answer.replica) {
      rejections.count('unsolicited');
      return;
    }
    const refusal = verifier.refuseAnswer(answer);
    if (refusal !== undefined) {
      rejections.count(refusal);
      return;
    }
    try {
      query.answered.resolve(JSON.parse(answer.answer));
    } catch {
      rejections.count('malformed');
    }
  }

  /** Rejects whatever is open. */
  close(): void {
    const error = new ClientError('closed', 'the client was closed');
    for (const { answered } of this.open.values()) answered.reject(error);
  }
}
