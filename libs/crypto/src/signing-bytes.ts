/**
 * The bytes that are signed: `CCRO/1`, a byte for the type, the cluster id preceded by its length,
 * then the fields of `LAYOUT_TYPES` in fixed widths (`byte-layout.ts`). Never serialised JSON:
 * two programs may spell one value in two ways.
 *
 * Texts of any length enter through their SHA-256. Their digest is that of their UTF-8 bytes, so
 * whoever signs or verifies a text must refuse what UTF-8 cannot express (`well-formed.ts`).
 */

import { hash } from 'node:crypto';
import type {
  ChunkPart,
  ClientId,
  Digest,
  Fetch,
  FetchChunk,
  Phase,
  PrePrepare,
  ReplicaId,
  SequenceNumber,
  Status,
  Suspicion,
  Tally,
  View,
} from '@ccro/consensus';
import { LayoutWriter, textBytes } from './byte-layout.js';

const DOMAIN_TAG = Buffer.from('CCRO/1', 'latin1');
/** Clusters whose prefixes are kept at most. */
const MAX_PREFIXES = 64;

/** One byte for everything that is hashed or signed. Numbers are never given a second meaning. */
export const LAYOUT_TYPES = {
  // signed
  request: 1,
  prePrepare: 2,
  prepareVote: 3,
  commitVote: 4,
  reply: 5,
  status: 6,
  fetch: 7,
  query: 8,
  answer: 9,
  checkpointVote: 10,
  viewChange: 11,
  newView: 12,
  fetchChunk: 13,
  chunkPart: 14,
  possession: 15,
  requestList: 16,
  replyNamingCollector: 17,
  suspicion: 18,
  // hashed
  requestDigest: 64,
  resultLeaf: 65,
  ledgerLink: 66,
  // 67 was a checkpoint before states were cut into chunks
  slotReports: 68,
  chunk: 69,
  checkpoint: 70,
} as const;

export type LayoutType = (typeof LAYOUT_TYPES)[keyof typeof LAYOUT_TYPES];

const VOTE_TYPES: Record<Phase, LayoutType> = {
  prepare: LAYOUT_TYPES.prepareVote,
  commit: LAYOUT_TYPES.commitVote,
  checkpoint: LAYOUT_TYPES.checkpointVote,
};

/** Starts a layout: domain tag, type, cluster. @param size bytes of the fields that follow */
export function startLayout(type: LayoutType, cluster: string, size: number): LayoutWriter {
  const prefix = prefixOf(type, cluster);
  return new LayoutWriter(prefix.length + size).raw(prefix);
}

/** What layouts start with: a few of each cluster, needed all the time. */
const prefixes = new Map<string, Buffer[]>();

function prefixOf(type: LayoutType, cluster: string): Buffer {
  let ofCluster = prefixes.get(cluster);
  if (ofCluster === undefined) {
    // Clusters come from configuration, not from the network; tests make many.
    if (prefixes.size >= MAX_PREFIXES) prefixes.clear();
    ofCluster = [];
    prefixes.set(cluster, ofCluster);
  }
  const known = ofCluster[type];
  if (known !== undefined) return known;
  const size = DOMAIN_TAG.length + 1 + 4 + textBytes(cluster);
  const prefix = new LayoutWriter(size).raw(DOMAIN_TAG).u8(type).text(cluster).finish();
  ofCluster[type] = prefix;
  return prefix;
}

/**
 * A client signs the request's digest, which binds cluster, client, timestamp and operation: the
 * operation, which may be long, is then hashed once and not again by the signature.
 */
export function requestBytes(cluster: string, digest: Digest): Buffer {
  return startLayout(LAYOUT_TYPES.request, cluster, 32).digest(digest).finish();
}

/** A client signs many requests at a time by their digests, in order. */
export function requestListBytes(cluster: string, digests: readonly Digest[]): Buffer {
  const size = 4 + 32 * digests.length;
  const layout = startLayout(LAYOUT_TYPES.requestList, cluster, size).u32(digests.length);
  for (const digest of digests) layout.digest(digest);
  return layout.finish();
}

/** `bodies` is left out: each of them proves itself and is listed in `requests`, the root of
 *  which is `digest`. */
export function prePrepareBytes(
  cluster: string,
  prePrepare: Pick<PrePrepare, 'view' | 'sequence' | 'digest' | 'collector' | 'replica'>,
): Buffer {
  const { view, sequence, digest, collector, replica } = prePrepare;
  return startLayout(LAYOUT_TYPES.prePrepare, cluster, 8 + 8 + 32 + 4 + 4)
    .u64(view)
    .u64(sequence)
    .digest(digest)
    .u32(collector)
    .u32(replica)
    .finish();
}

/** What a vote says, whoever says it. */
export interface VoteSubject {
  readonly phase: Phase;
  readonly view: View;
  readonly sequence: SequenceNumber;
  readonly digest: Digest;
}

/**
 * The replica is left out on purpose: all signers of a slot sign the same bytes, so that their
 * signatures can be aggregated into one (BLS needs equal messages for one pairing check). Who
 * voted is told by the key that verifies, which is why members must not share a key. `attempt` is
 * a hint and left out as well.
 */
export function voteBytes(cluster: string, vote: VoteSubject): Buffer {
  return startLayout(VOTE_TYPES[vote.phase], cluster, 8 + 8 + 32)
    .u64(vote.view)
    .u64(vote.sequence)
    .digest(vote.digest)
    .finish();
}

/**
 * What a member signs with its BLS key to show that it holds it. No cluster: it says nothing of
 * one. Its type keeps it from being a vote, and a vote from being it.
 *
 * @param publicKey the key's compressed bytes
 */
export function possessionBytes(publicKey: Uint8Array): Buffer {
  return startLayout(LAYOUT_TYPES.possession, '', publicKey.length).raw(publicKey).finish();
}

/** What a reply says besides its results. */
export interface ReplyHeader {
  readonly replica: ReplicaId;
  readonly client: ClientId;
  readonly view: View;
  readonly tally: Tally;
  readonly collector?: ReplicaId;
}

/** @param resultsRoot Merkle root over the result leaves, so that each result can be shown alone */
export function replyBytes(cluster: string, reply: ReplyHeader, resultsRoot: Digest): Buffer {
  const { replica, client, view, tally, collector } = reply;
  const names = collector !== undefined;
  const type = names ? LAYOUT_TYPES.replyNamingCollector : LAYOUT_TYPES.reply;
  const size = 4 + (4 + textBytes(client)) + 8 + 4 + 4 + 32 + (names ? 4 : 0);
  const bytes = startLayout(type, cluster, size)
    .u32(replica)
    .text(client)
    .u64(view)
    .u32(tally.correct)
    .u32(tally.corrupt)
    .digest(resultsRoot);
  return (names ? bytes.u32(collector) : bytes).finish();
}

export function statusBytes(cluster: string, status: Omit<Status, 'signature'>): Buffer {
  const { run, answers, settings } = status;
  const size = 4 + 8 + 8 + 8 + 1 + 32 + 4 + textBytes(run) + 4 + textBytes(answers ?? '');
  return startLayout(LAYOUT_TYPES.status, cluster, size)
    .u32(status.replica)
    .u64(status.view)
    .u64(status.lastExecuted)
    .u64(status.attempt)
    .u8(status.asks ? 1 : 0)
    .digest(hash('sha256', settings.join('\n'), 'hex'))
    .text(run)
    .text(answers ?? '')
    .finish();
}

export function suspicionBytes(cluster: string, suspicion: Omit<Suspicion, 'signature'>): Buffer {
  return startLayout(LAYOUT_TYPES.suspicion, cluster, 4 + 8)
    .u32(suspicion.replica)
    .u64(suspicion.view)
    .finish();
}

export function fetchBytes(cluster: string, fetch: Omit<Fetch, 'signature'>): Buffer {
  return startLayout(LAYOUT_TYPES.fetch, cluster, 4 + 8 + 32)
    .u32(fetch.replica)
    .u64(fetch.sequence)
    .digest(fetch.digest)
    .finish();
}

export function fetchChunkBytes(cluster: string, fetch: Omit<FetchChunk, 'signature'>): Buffer {
  const { replica, sequence, chunk, part } = fetch;
  return startLayout(LAYOUT_TYPES.fetchChunk, cluster, 4 + 8 + 4 + textBytes(chunk) + 4)
    .u32(replica)
    .u64(sequence)
    .text(chunk)
    .u32(part)
    .finish();
}

export function chunkPartBytes(cluster: string, message: Omit<ChunkPart, 'signature'>): Buffer {
  const { replica, sequence, chunk, part, parts, text } = message;
  const size = 4 + 8 + 4 + textBytes(chunk) + 4 + 4 + 32;
  return startLayout(LAYOUT_TYPES.chunkPart, cluster, size)
    .u32(replica)
    .u64(sequence)
    .text(chunk)
    .u32(part)
    .u32(parts)
    .digest(hash('sha256', text, 'hex'))
    .finish();
}

/** A client's question to nodes about themselves; `libs/wire` gives it its kind. */
export interface QueryStatement {
  /** Unguessable, chosen by the asker: the answer repeats it. */
  readonly id: string;
  readonly client: ClientId;
  /** Whom it is for: nobody else acts on it, whatever channel it is put on. */
  readonly replica: ReplicaId;
  /** Which run of the replica it is for, as the replica says when it is asked for another one. */
  readonly session: string;
  /** Grows with each query of the client to this run: none is acted on twice. */
  readonly counter: number;
  readonly query: string;
}

export function queryBytes(cluster: string, statement: QueryStatement): Buffer {
  const { id, client, replica, session, counter, query } = statement;
  const size = 4 + textBytes(id) + 4 + textBytes(client) + 4 + 4 + textBytes(session) + 8 + 32;
  return startLayout(LAYOUT_TYPES.query, cluster, size)
    .text(id)
    .text(client)
    .u32(replica)
    .text(session)
    .u64(counter)
    .digest(hash('sha256', query, 'hex'))
    .finish();
}

/** A replica's answer to the query with the same id. */
export interface AnswerStatement {
  readonly id: string;
  readonly replica: ReplicaId;
  readonly answer: string;
}

export function answerBytes(cluster: string, { id, replica, answer }: AnswerStatement): Buffer {
  return startLayout(LAYOUT_TYPES.answer, cluster, 4 + textBytes(id) + 4 + 32)
    .text(id)
    .u32(replica)
    .digest(hash('sha256', answer, 'hex'))
    .finish();
}
