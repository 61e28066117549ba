import { roleOf, type NodePart } from '@ccro/client';
import { z } from 'zod';
import type { DecidedAnswer, FinishedAnswer } from '../../answers/request-record.js';
import { parsedJson } from './accepted-calls.js';

/** A node's `reply` as one letter. */
const LETTER_OF = { matching: 'm', false: 'f', none: 'n' } as const;
const REPLY_OF: Readonly<Record<string, NodePart['reply']>> = {
  m: 'matching',
  f: 'false',
  n: 'none',
};

const COUNTS = z.array(z.number().nullable());

/** Others may write to Redis. Answers under an idempotency key are kept for ever, so the names are short. */
const packedDecision = z.object({
  m: z.enum(['ccro', 'pbft']),
  v: z.number(),
  s: z.number(),
  d: z.string(),
  t: z.number(),
  /** Matching and required replies. */
  r: z.tuple([z.number(), z.number()]),
  /** Primary and collector. */
  p: z.tuple([z.number(), z.number().nullable()]),
  /** One letter for each node, by id. */
  n: z.string(),
  /** Votes each node saw for the batch, and against it. */
  y: COUNTS,
  x: COUNTS,
  o: z.unknown(),
  /** Whose it is. */
  w: z.string().optional(),
});

const packedFailure = z.object({
  e: z.enum(['timestamp-reused', 'stale-timestamp', 'result-dropped', 'unverifiable']),
  d: z.string(),
  w: z.string().optional(),
});

const packedAnswer = z.union([packedFailure, packedDecision]);
type PackedDecision = z.infer<typeof packedDecision>;
type PackedFailure = z.infer<typeof packedFailure>;

/**
 * An answer as it is kept: without what is said elsewhere (its id) or twice (who plays which part),
 * about a third of its JSON.
 */
export function packAnswer(answer: FinishedAnswer, owner?: string): string {
  const packed: PackedDecision | PackedFailure =
    answer.status === 'decided' ? packDecision(answer) : { e: answer.error, d: answer.detail };
  return JSON.stringify(owner === undefined ? packed : { ...packed, w: owner });
}

/**
 * Bytes of a packed answer that take one place among those that are kept: results may be a hundred
 * times as long as usual, and as many of those would fill what they are kept in.
 */
export const MAX_PLACE_BYTES = 8 * 1024;

/** Places that a packed answer takes. */
export function placesOf(packed: string): number {
  return Math.ceil(Buffer.byteLength(packed) / MAX_PLACE_BYTES);
}

/** The answer to request `id` that `packAnswer` made `text` of; `unverifiable` for what it never made. */
export function unpackAnswer(id: string, text: string): FinishedAnswer {
  const packed = readPacked(text);
  if (packed === undefined) {
    const detail = 'What Redis holds as its answer was not written by a gateway.';
    return { id, status: 'failed', error: 'unverifiable', detail };
  }
  if ('e' in packed) return { id, status: 'failed', error: packed.e, detail: packed.d };
  return unpackDecision(id, packed);
}

/** Whose answer `text` is; undefined: everybody's. */
export function ownerIn(text: string): string | undefined {
  return readPacked(text)?.w;
}

function readPacked(text: string): PackedDecision | PackedFailure | undefined {
  return packedAnswer.safeParse(parsedJson(text)).data;
}

function packDecision(answer: DecidedAnswer): PackedDecision {
  const { mode, view, sequence, digest, consensusTimeMs, replies, nodes, result } = answer;
  const nodeWith = (role: NodePart['role']): number | undefined =>
    nodes.find((node) => node.role === role)?.id;
  return {
    m: mode,
    v: view,
    s: sequence,
    d: digest,
    t: consensusTimeMs,
    r: [replies.matching, replies.required],
    p: [nodeWith('commander') ?? 0, nodeWith('communication') ?? null],
    n: nodes.map(({ reply }) => LETTER_OF[reply]).join(''),
    y: nodes.map(({ correct }) => correct),
    x: nodes.map(({ corrupt }) => corrupt),
    o: result,
  };
}

function unpackDecision(id: string, packed: PackedDecision): DecidedAnswer {
  const [matching, required] = packed.r;
  const [primary, collector] = packed.p;
  return {
    id,
    status: 'decided',
    mode: packed.m,
    view: packed.v,
    sequence: packed.s,
    digest: packed.d,
    result: packed.o,
    consensusTimeMs: packed.t,
    replies: { matching, required },
    nodes: packed.n.split('').map((letter, node) => ({
      id: node,
      role: roleOf(node, { primary, collector }),
      reply: REPLY_OF[letter] ?? 'none',
      correct: packed.y[node] ?? null,
      corrupt: packed.x[node] ?? null,
    })),
  };
}
