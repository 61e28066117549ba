/**
 * State transfer (PBFT, section 4.6.1): a replica that is far behind takes over the state at a
 * stable checkpoint instead of executing everything it missed.
 *
 * Invariants kept here:
 * - agreement: a state is taken over only when every chunk of it has the digest that the
 *   checkpoint's certificate leads to;
 * - durability: the state is stored as a whole before anything is done with it.
 *
 * A source that sends wrong data is not asked again; a silent one is replaced by the next.
 */

import type { ChunkPart, FetchChunk } from '../messages/index.js';
import { invariant } from '../model/invariants.js';
import { mayAnswer } from '../state/answering.js';
import { type Manifest, parseManifest } from '../state/manifest.js';
import type { ReplicaState } from '../state/replica-state.js';
import { MANIFEST, type Transfer } from '../state/transfer.js';
import { showStable } from './checkpointing.js';
import { ask, askOn, awaitsPart, endTransfer } from './fetching-state.js';

/** About how long one part of a chunk is, see `state/manifest.ts`. */
const PART_BYTES = 128 * 1024;

/** A part of a chunk came. */
export function takePart(state: ReplicaState, part: ChunkPart): void {
  const { transfer } = state;
  if (transfer === undefined || !awaitsPart(state, part)) {
    state.reject('unsolicited', part.replica);
    return;
  }
  const taken = transfer.add(part);
  switch (taken.kind) {
    case 'unexpected':
      return;
    case 'impossible':
      accuse(state, transfer, part);
      break;
    case 'incomplete':
      ask(state, transfer, part.replica, part.chunk, taken.next);
      break;
    case 'whole':
      if (!takeText(state, transfer, part.chunk, taken.text)) accuse(state, transfer, part);
  }
  if (transfer.complete) install(state, transfer);
  else askOn(state, transfer);
}

/** @returns whether `text` is what the certificate leads to */
function takeText(state: ReplicaState, transfer: Transfer, name: string, text: string): boolean {
  if (name === MANIFEST) {
    const manifest = parseManifest(text);
    if (manifest === undefined || !isCertified(state, transfer, manifest)) return false;
    transfer.manifest = manifest;
    return true;
  }
  const digest = state.dependencies.digests.chunk(name, text);
  const listed = transfer.manifest?.chunks.find((each) => each.name === name);
  if (listed?.digest !== digest) return false;
  transfer.chunks.set(name, { name, text, digest });
  return true;
}

function isCertified(state: ReplicaState, transfer: Transfer, manifest: Manifest): boolean {
  const { sequence, digest } = transfer.certificate;
  return state.dependencies.digests.checkpoint({ sequence, ...manifest }) === digest;
}

function accuse(state: ReplicaState, transfer: Transfer, { replica, chunk }: ChunkPart): void {
  state.reject('wrong-chunk', replica);
  const { sequence } = transfer;
  state.emit({
    kind: 'evidence',
    evidence: { kind: 'wrong-chunk', accused: replica, sequence, chunk },
  });
  transfer.drop(replica);
}

/** Everything is here and certified: this replica goes on from there. */
function install(state: ReplicaState, transfer: Transfer): void {
  endTransfer(state, transfer);
  const { sequence, manifest, chunks, certificate } = transfer;
  if (manifest === undefined || sequence <= state.lastExecuted) return;
  const ordered = [...chunks.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const { ledgerHead } = manifest;
  state.persist({ kind: 'snapshot', snapshot: { sequence, ledgerHead, chunks: ordered } });
  state.chunks.load(ordered);
  state.ledgerHead = ledgerHead;
  state.lastExecuted = sequence;
  state.nextSequence = Math.max(state.nextSequence, sequence + 1);
  const digest = state.chunks.digest(sequence, ledgerHead);
  invariant(
    digest === certificate.digest,
    'agreement',
    () => `the state taken over at ${sequence} is not the certified one`,
  );
  state.checkpoints.reached(sequence, digest);
  state.pool.removeIf(
    (client, timestamp) => state.clients.lookup(client, timestamp).kind !== 'new',
  );
  state.emit({ kind: 'progress', progress: { kind: 'took-state-over', sequence } });
}

/** A peer wants a part of the state: it gets it, or learns that there is a newer one. */
export function onFetchChunk(state: ReplicaState, fetch: FetchChunk): void {
  const { replica, sequence, chunk, part } = fetch;
  if (replica === state.self || !mayAnswer(state, replica, PART_BYTES, 'state')) return;
  if (chunk === MANIFEST) showStable(state, replica, sequence);
  state.emit({ kind: 'send-chunk', to: replica, sequence, chunk, part });
}
