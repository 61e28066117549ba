import { roleOf, type NodePart } from '@ccro/client';
import type { DecidedAnswer, FailedAnswer, FinishedAnswer } from '../../answers/request-record.js';

/** A node's `reply` as one letter. */
const LETTER_OF = { matching: 'm', false: 'f', none: 'n' } as const;
const REPLY_OF: Readonly<Record<string, NodePart['reply']>> = {
  m: 'matching',
  f: 'false',
  n: 'none',
};

/** Answers under an idempotency key are kept for ever, so the names are short. */
interface PackedDecision {
  readonly m: DecidedAnswer['mode'];
  readonly v: number;
  readonly s: number;
  readonly d: string;
  readonly t: number;
  /** Matching and required replies. */
  readonly r: readonly [number, number];
  /** Primary and collector. */
  readonly p: readonly [number, number | null];
  /** One letter for each node, by id. */
  readonly n: string;
  /** Votes each node saw for the batch, and against it. */
  readonly y: readonly (number | null)[];
  readonly x: readonly (number | null)[];
  readonly o: unknown;
  readonly w?: string;
}

interface PackedFailure {
  readonly e: FailedAnswer['error'];
  readonly d: string;
  /** Whose it is. */
  readonly w?: string;
}

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

/** The answer to request `id` that `packAnswer` made `text` of. */
export function unpackAnswer(id: string, text: string): FinishedAnswer {
  const packed = JSON.parse(text) as PackedDecision | PackedFailure;
  if ('e' in packed) return { id, status: 'failed', error: packed.e, detail: packed.d };
  return unpackDecision(id, packed);
}

/** Whose answer `text` is; undefined: everybody's. */
export function ownerIn(text: string): string | undefined {
  return (JSON.parse(text) as PackedDecision | PackedFailure).w;
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
