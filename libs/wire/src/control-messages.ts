/**
 * What the gateway asks nodes about themselves, and what they answer. Both are signed; none of
 * it reaches the consensus core. The contents travel as JSON text, so that what is signed is what
 * was sent, byte for byte.
 */

import type { ClientId, SequenceNumber, Signature, Timestamp } from '@ccro/consensus';
import { type AnswerStatement, isWellFormed, type QueryStatement } from '@ccro/crypto';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { COUNTER, NAME, STRICT } from './fields.js';
import { MAX_LEDGER_LIMIT, MAX_QUERY_CHARACTERS } from './limits.js';

/** A client's signed question. `query` is the JSON text of a `NodeQuery`. */
export interface Query extends QueryStatement {
  readonly kind: 'query';
  readonly signature: Signature;
}

/** A replica's signed answer: `answer` is JSON text, `id` the query's. */
export interface Answer extends AnswerStatement {
  readonly kind: 'answer';
  readonly signature: Signature;
}

/**
 * What a node answers to a query that names another run of it, or a counter that may have been used:
 * name this run and a counter above this one, and ask again.
 */
export interface QueryRetry {
  readonly session: string;
  readonly counter: number;
}

const QUERY_RETRY = Compile(
  Type.Object({ retry: Type.Object({ session: NAME, counter: COUNTER }, STRICT) }, STRICT),
);

/** @returns undefined for every other answer */
export function readQueryRetry(answer: unknown): QueryRetry | undefined {
  return QUERY_RETRY.Check(answer) ? answer.retry : undefined;
}

/** What travels beside the protocol. */
export type ControlMessage = Query | Answer;

/** Whether a message is none of the core's. */
export function isControlMessage(message: { readonly kind: string }): message is ControlMessage {
  return message.kind === 'query' || message.kind === 'answer';
}

/** What a node can be asked. */
export type NodeQuery =
  | { readonly type: 'status' }
  | { readonly type: 'ledger'; readonly from: SequenceNumber; readonly limit: number }
  | { readonly type: 'decision'; readonly sequence: SequenceNumber }
  /** The reply to one request, signed anew, from what the node stored of the slot. */
  | {
      readonly type: 'reply';
      readonly sequence: SequenceNumber;
      readonly client: ClientId;
      readonly timestamp: Timestamp;
    }
  /** The highest timestamp of the client that asks which this node executed; -1: none. */
  | { readonly type: 'newest-timestamp' }
  /** null: behave honestly again. */
  | { readonly type: 'set-fault'; readonly fault: string | null };

const NODE_QUERY = Compile(
  Type.Union([
    Type.Object({ type: Type.Literal('status') }, STRICT),
    Type.Object({ type: Type.Literal('newest-timestamp') }, STRICT),
    Type.Object(
      {
        type: Type.Literal('ledger'),
        from: COUNTER,
        limit: Type.Integer({ minimum: 1, maximum: MAX_LEDGER_LIMIT }),
      },
      STRICT,
    ),
    Type.Object({ type: Type.Literal('decision'), sequence: COUNTER }, STRICT),
    Type.Object(
      { type: Type.Literal('reply'), sequence: COUNTER, client: NAME, timestamp: COUNTER },
      STRICT,
    ),
    Type.Object(
      {
        type: Type.Literal('set-fault'),
        fault: Type.Union([Type.Null(), Type.String({ pattern: /^[a-z0-9-]{1,64}$/ })]),
      },
      STRICT,
    ),
  ]),
);

/** The text of `Query.query`. */
export function formatNodeQuery(query: NodeQuery): string {
  return JSON.stringify(query);
}

/** Reads `Query.query`. @returns undefined when it is not a `NodeQuery`. Never throws. */
export function parseNodeQuery(text: string): NodeQuery | undefined {
  if (text.length > MAX_QUERY_CHARACTERS || !isWellFormed(text)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return NODE_QUERY.Check(value) ? value : undefined;
}
