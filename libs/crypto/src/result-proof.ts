import type { Digest, Reply, RequestResult, Signature } from '@ccro/consensus';
import { replyLeaves, resultLeaf } from './digests.js';
import { merklePath, type MerklePath, rootOfPath } from './merkle.js';
import type { ReplyHeader } from './signing-bytes.js';

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
