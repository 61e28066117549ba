/**
 * What clients ask nodes about themselves, and what they answer. Neither reaches the consensus core.
 * The contents travel as JSON text, so that what is signed is what was sent, byte for byte.
 */

import { type Declaration, kind, layout, type MessageOf } from './declaration.js';
import { name, replica, signature, text, u64 } from './fields.js';
import { MAX_MESSAGE_BYTES, MAX_QUERY_BYTES, MAX_QUERY_CHARACTERS } from './limits.js';

const QUERY = kind({
  code: 16,
  by: 'client',
  takenBy: 'node',
  channel: "node's",
  inAnyCodec: true,
  maxBytes: MAX_QUERY_BYTES,
  fields: {
    /** Unguessable, chosen by the asker: the answer repeats it. */
    id: name,
    client: name,
    /** Whom it is for: nobody else acts on it, whatever channel it is put on. */
    replica,
    /** Which run of the replica it is for, as the replica says when it is asked for another one. */
    session: name,
    /** Grows with each query of the client to this run: none is acted on twice. */
    counter: u64,
    query: text(MAX_QUERY_CHARACTERS),
    signature,
  },
  signed: layout(8, 'id', 'client', 'replica', 'session', 'counter', 'query'),
});

/** A client's signed question to one node. `query` is the JSON text of a `NodeQuery`. */
export interface Query extends MessageOf<'query', typeof QUERY> {}

const ANSWER = kind({
  code: 17,
  by: 'replica',
  takenBy: 'client',
  channel: "client's",
  maxBytes: MAX_MESSAGE_BYTES,
  fields: {
    /** The query's. */
    id: name,
    replica,
    answer: text(MAX_MESSAGE_BYTES),
    signature,
  },
  signed: layout(9, 'id', 'replica', 'answer'),
});

/** A replica's signed answer: `answer` is JSON text, `id` the query's. */
export interface Answer extends MessageOf<'answer', typeof ANSWER> {}

export const CONTROL = {
  query: QUERY,
  answer: ANSWER,
} as const satisfies Record<string, Declaration>;
