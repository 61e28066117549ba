import type {
  CheckpointedState,
  ClientId,
  Digest,
  Digests,
  Reply,
  RequestResult,
  Signature,
  Timestamp,
} from '@ccro/consensus';
import { hashes } from '@ccro/primitives';
import { startLayout, textBytes } from './byte-layout.js';
import { merklePath, type MerklePath, merkleRoot, rootOfPath } from './merkle.js';
import { LAYOUT_TYPES, type ReplyHeader } from './signing-bytes.js';

/** Digests that are made of content have no cluster: what signs them names it. */
const NO_CLUSTER = '';

/** SHA-256 of bytes, or of a text's UTF-8 encoding. */
export function sha256(data: Uint8Array | string): Digest {
  return hashes.sha256(data);
}

/**
 * What identifies a request everywhere. The operation must be well-formed text.
 *
 * @param operation any text, hashed byte for byte
 */
export function requestDigest(
  cluster: string,
  client: ClientId,
  timestamp: Timestamp,
  operation: string,
): Digest {
  const size = 4 + textBytes(client) + 8 + 4 + textBytes(operation);
  const layout = startLayout(LAYOUT_TYPES.requestDigest, cluster, size)
    .text(client)
    .u64(timestamp)
    .text(operation);
  return sha256(layout.finish());
}

/** One leaf of the tree a reply's signature covers: one result of one client. */
export function resultLeaf(client: ClientId, entry: RequestResult): Digest {
  const { timestamp, request, sequence, batch, result } = entry;
  const size = 4 + textBytes(client) + 8 + 32 + 8 + 32 + 4 + textBytes(result);
  const layout = startLayout(LAYOUT_TYPES.resultLeaf, NO_CLUSTER, size)
    .text(client)
    .u64(timestamp)
    .digest(request)
    .u64(sequence)
    .digest(batch)
    .text(result);
  return sha256(layout.finish());
}

/** The leaves of a reply's tree, in the order of its results. */
export function replyLeaves({ client, results }: Pick<Reply, 'client' | 'results'>): Digest[] {
  return results.map((entry) => resultLeaf(client, entry));
}

/** What a replica signs of its results. Found once for each reply. */
export function resultsRoot(reply: Pick<Reply, 'client' | 'results'>): Digest {
  const known = roots.get(reply.results);
  if (known !== undefined) return known;
  const root = merkleRoot(replyLeaves(reply));
  roots.set(reply.results, root);
  return root;
}

const roots = new WeakMap<readonly RequestResult[], Digest>();

/** One result of a signed reply, provable without the others: what a receipt carries. */
export interface ResultProof extends ReplyHeader {
  readonly result: RequestResult;
  readonly path: MerklePath;
  /** The whole reply's. */
  readonly signature: Signature;
}

/** Takes the result at `index` out of a reply. @throws RangeError when there is none */
export function resultProof(reply: Reply, index: number): ResultProof {
  const { replica, client, view, tally, results, collector, signature } = reply;
  const result = results[index];
  if (result === undefined) throw new RangeError(`no result ${index} among ${results.length}`);
  const path = merklePath(replyLeaves(reply), index);
  const named = collector === undefined ? {} : { collector };
  return { replica, client, view, tally, ...named, result, path, signature };
}

/** The root that the replica must have signed for the proof to hold; undefined for a bad path. */
export function resultProofRoot(proof: ResultProof): Digest | undefined {
  return rootOfPath(resultLeaf(proof.client, proof.result), proof.path);
}

/** The core's hashes. */
export function createDigests(): Digests {
  return { batch: merkleRoot, ledgerLink, chunk, checkpoint };
}

/** The text, which may be long, enters through its SHA-256. It must be well-formed. */
function chunk(name: string, text: string): Digest {
  const layout = startLayout(LAYOUT_TYPES.chunk, NO_CLUSTER, 4 + textBytes(name) + 32)
    .text(name)
    .digest(sha256(text));
  return sha256(layout.finish());
}

/** @throws RangeError for an invalid digest: lists from peers have to be checked before */
function checkpoint({ sequence, ledgerHead, chunks }: CheckpointedState): Digest {
  const listed = chunks.reduce((sum, { name }) => sum + 4 + textBytes(name) + 32, 0);
  const layout = startLayout(LAYOUT_TYPES.checkpoint, NO_CLUSTER, 8 + 32 + 4 + listed)
    .u64(sequence)
    .digest(ledgerHead)
    .u32(chunks.length);
  for (const { name, digest } of chunks) layout.text(name).digest(digest);
  return sha256(layout.finish());
}

function ledgerLink(previous: Digest, batch: Digest, results: readonly string[]): Digest {
  const texts = results.reduce((sum, result) => sum + 4 + textBytes(result), 0);
  const layout = startLayout(LAYOUT_TYPES.ledgerLink, NO_CLUSTER, 32 + 32 + 4 + texts)
    .digest(previous)
    .digest(batch)
    .u32(results.length);
  for (const result of results) layout.text(result);
  return sha256(layout.finish());
}
