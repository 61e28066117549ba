/** The contents of queries and answers: what clients ask nodes about themselves, and what they answer. */

import { MAX_MESSAGE_BYTES, MAX_QUERY_CHARACTERS } from '@ccro/consensus';
import { isWellFormed } from '@ccro/crypto';
import { bytes } from '@ccro/primitives';
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { COUNTER, NAME, STRICT } from './fields.js';
import {
  MAX_ANSWER_DEPTH,
  MAX_LEDGER_LIMIT,
  MAX_SHORT_ANSWER_CHARACTERS,
  MAX_STATUS_CHARACTERS,
  nestsDeeperThan,
} from './limits.js';

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

const NODE_QUERY = Type.Union([
  Type.Object({ type: Type.Literal('status') }, STRICT),
  /** The highest timestamp of the client that asks which this node executed; -1: none. */
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
  /** The reply to one request, signed anew, from what the node stored of the slot. */
  Type.Object(
    {
      type: Type.Literal('reply'),
      sequence: COUNTER,
      client: NAME,
      timestamp: COUNTER,
      /** Also to others of the client in the slot, as many as one answer holds. */
      others: Type.Optional(Type.Literal(true)),
    },
    STRICT,
  ),
  Type.Object(
    {
      type: Type.Literal('set-fault'),
      /** null: behave honestly again. */
      fault: Type.Union([Type.Null(), Type.String({ pattern: /^[a-z0-9-]{1,64}$/ })]),
    },
    STRICT,
  ),
]);

const NODE_QUERY_CHECK = Compile(NODE_QUERY);

/** What a node can be asked. */
export type NodeQuery = Readonly<Static<typeof NODE_QUERY>>;

/** Characters of an answer at most; of what holds decisions and results as many as a message does. */
const ANSWER_CHARACTERS: Readonly<Record<NodeQuery['type'], number>> = {
  status: MAX_STATUS_CHARACTERS,
  ledger: MAX_MESSAGE_BYTES,
  decision: MAX_MESSAGE_BYTES,
  reply: MAX_MESSAGE_BYTES,
  'newest-timestamp': MAX_SHORT_ANSWER_CHARACTERS,
  'set-fault': MAX_SHORT_ANSWER_CHARACTERS,
};

/** What every answer is: what is in it is up to the node. */
export type NodeAnswer = Readonly<Record<string, unknown>>;

/**
 * Whether a node may say so much to a query of this type. Cheap: to be asked before the signature is
 * looked at.
 */
export function mayAnswer(type: NodeQuery['type'], text: string): boolean {
  return text.length <= ANSWER_CHARACTERS[type];
}

/**
 * Reads the text of an answer.
 *
 * @returns undefined for what is no JSON object, or nests so deep that a recursion over it may fail.
 *   Never throws
 */
export function parseNodeAnswer(text: string): NodeAnswer | undefined {
  if (nestsDeeperThan(bytes.fromUtf8(text), MAX_ANSWER_DEPTH)) return undefined;
  const value = parse(text);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as NodeAnswer) : undefined;
}

/** The text of `Query.query`. */
export function formatNodeQuery(query: NodeQuery): string {
  return JSON.stringify(query);
}

/** Reads `Query.query`. @returns undefined when it is not a `NodeQuery`. Never throws. */
export function parseNodeQuery(text: string): NodeQuery | undefined {
  if (text.length > MAX_QUERY_CHARACTERS || !isWellFormed(text)) return undefined;
  const value = parse(text);
  return NODE_QUERY_CHECK.Check(value) ? value : undefined;
}

/** @returns undefined for what is no JSON */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
