/**
 * The bytes that are signed: `CCRO/1`, a byte for the type, the cluster id preceded by its length,
 * then fields in fixed widths (`byte-layout.ts`). Which ones the catalogue of messages says
 * (`catalogue-bytes.ts`); here are those that do not map one to one. Never serialised JSON: two
 * programs may spell one value in two ways.
 *
 * Texts of any length enter through their SHA-256. Their digest is that of their UTF-8 bytes, so
 * signing and verifying a text must refuse what UTF-8 cannot express (`well-formed.ts`).
 */

import {
  type Answer,
  CATALOGUE,
  type Digest,
  type Phase,
  type Query,
  type Reply,
  type Vote,
} from '@ccro/consensus';
import { startLayout, textBytes } from './byte-layout.js';
import { bytesOf } from './catalogue-bytes.js';

/**
 * One byte for everything that is hashed or signed beside messages, of which the catalogue says it.
 * Numbers are never given a second meaning.
 */
export const LAYOUT_TYPES = {
  // signed
  possession: 15,
  // hashed
  requestDigest: 64,
  resultLeaf: 65,
  ledgerLink: 66,
  // 67 was a checkpoint before states were cut into chunks
  slotReports: 68,
  chunk: 69,
  checkpoint: 70,
} as const;

const VOTED = CATALOGUE.vote.signed.statements;

const VOTE_TYPES: Record<Phase, number> = {
  prepare: VOTED['prepare vote'].type,
  commit: VOTED['commit vote'].type,
  checkpoint: VOTED['checkpoint vote'].type,
};

export const queryBytes = bytesOf('query');
export const answerBytes = bytesOf('answer');

/** A client's question to nodes about themselves, before it is signed. */
export type QueryStatement = Omit<Query, 'kind' | 'signature'>;

/** A replica's answer to the query with the same id, before it is signed. */
export type AnswerStatement = Omit<Answer, 'kind' | 'signature'>;

/**
 * A client signs the request's digest, which binds cluster, client, timestamp and operation: the
 * operation, which may be long, is then hashed once and not again by the signature.
 */
export function requestBytes(cluster: string, digest: Digest): Uint8Array {
  return startLayout(CATALOGUE.request.signed.statements.request.type, cluster, 32)
    .digest(digest)
    .finish();
}

/** A client signs many requests at a time by their digests, in order. */
export function requestListBytes(cluster: string, digests: readonly Digest[]): Uint8Array {
  const size = 4 + 32 * digests.length;
  const layout = startLayout(
    CATALOGUE.requests.signed.statements['list of requests'].type,
    cluster,
    size,
  ).u32(digests.length);
  for (const digest of digests) layout.digest(digest);
  return layout.finish();
}

/** What a vote says, without its signer. */
export type VoteSubject = Pick<Vote, 'phase' | 'view' | 'sequence' | 'digest'>;

/**
 * The replica is left out on purpose: all signers of a slot sign the same bytes, so that their
 * signatures can be aggregated into one (BLS needs equal messages for one pairing check). Who
 * voted is told by the key that verifies, which is why members must not share a key. `attempt` is
 * a hint and left out as well.
 */
export function voteBytes(cluster: string, vote: VoteSubject): Uint8Array {
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
export function possessionBytes(publicKey: Uint8Array): Uint8Array {
  return startLayout(LAYOUT_TYPES.possession, '', publicKey.length).raw(publicKey).finish();
}

const REPLIED = CATALOGUE.reply.signed.statements;

/** What a reply says besides its results. */
export type ReplyHeader = Pick<Reply, 'replica' | 'client' | 'view' | 'tally' | 'collector'>;

/** @param resultsRoot Merkle root over the result leaves, so that each result can be shown alone */
export function replyBytes(cluster: string, reply: ReplyHeader, resultsRoot: Digest): Uint8Array {
  const { replica, client, view, tally, collector } = reply;
  const names = collector !== undefined;
  const { type } = REPLIED[names ? 'reply that names the collector' : 'reply'];
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
