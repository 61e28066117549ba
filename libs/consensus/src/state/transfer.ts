/**
 * A state on its way here from another replica, chunk by chunk.
 *
 * Invariants kept here:
 * - agreement: nothing counts as received before its digest is the certified one;
 * - bounded memory: what is not verified yet stays under a limit, whatever the source sends.
 */

import type { ReplicaId, SequenceNumber } from '../messages/ids.js';
import type { Certificate, ChunkPart } from '../messages/index.js';
import type { Chunk } from '../model/durable.js';
import { utf8Bytes } from '../model/text-size.js';
import { MAX_CHUNK_BYTES } from './chunk-limit.js';
import { type Manifest, isFullPart } from './manifest.js';

/** Bytes received but not verified, at most: as many as the largest chunk has that there may be. */
export const MAX_UNVERIFIED_BYTES = MAX_CHUNK_BYTES;
/** Chunks asked for at a time. */
const MAX_IN_FLIGHT = 16;

/** Parts that a source sends at least while its time runs, or it is taken for silent. */
const MIN_PARTS = 16;

/** Name of the chunk that lists the others. */
export const MANIFEST = '';

/** What came of a part: not asked for, no part of any chunk, one of several, or the last one. */
export type TakenPart =
  | { readonly kind: 'unexpected' | 'impossible' }
  | { readonly kind: 'incomplete'; readonly next: number }
  | { readonly kind: 'whole'; readonly text: string };

interface Arriving {
  readonly texts: string[];
  bytes: number;
  /** As its first part says; undefined before that came. */
  parts: number | undefined;
}

export class Transfer {
  manifest: Manifest | undefined;
  /** Verified chunks by name. */
  readonly chunks = new Map<string, Chunk>();
  /** Grows with each time that nothing came; a timer of an earlier attempt is stale. */
  attempt: number;
  private received = 0;
  private readonly arriving = new Map<string, Arriving>();
  private readonly liars: Set<ReplicaId>;
  private maxInFlight = MAX_IN_FLIGHT;

  /** @param previous what this one replaces: who lied or was silent then is not asked first */
  constructor(
    readonly certificate: Certificate<'checkpoint'>,
    private readonly self: ReplicaId,
    previous?: Transfer,
  ) {
    this.attempt = previous?.attempt ?? 0;
    this.liars = previous?.liars ?? new Set();
  }

  get sequence(): SequenceNumber {
    return this.certificate.sequence;
  }

  /** Who is asked now; undefined when every source lied. */
  get source(): ReplicaId | undefined {
    const { sources } = this;
    // Replicas that fell behind together do not all ask the same one.
    return sources[(this.self + this.attempt) % Math.max(1, sources.length)];
  }

  private get sources(): readonly ReplicaId[] {
    const { signers } = this.certificate.proof;
    return signers.filter((signer) => signer !== this.self && !this.liars.has(signer));
  }

  /**
   * Nothing came: the next source is asked. Incomplete chunks are asked for again.
   *
   * @returns false when all have had their turn
   */
  passOn(): boolean {
    this.attempt += 1;
    this.received = 0;
    this.arriving.clear();
    return this.attempt % Math.max(1, this.sources.length) !== 0;
  }

  /** Whether the source sent enough since this was asked last: one that drips is passed over. */
  takeProgress(): boolean {
    const enough = this.received >= MIN_PARTS;
    this.received = 0;
    return enough;
  }

  /** How often all sources have had their turn. */
  get rounds(): number {
    return Math.floor(this.attempt / Math.max(1, this.sources.length));
  }

  /** The source sent what is not certified: it is not asked again. */
  drop(source: ReplicaId): void {
    this.liars.add(source);
    this.arriving.clear();
  }

  /** Chunks to be asked for now; the caller asks for each one's first part. */
  startNext(): string[] {
    const missing =
      this.manifest === undefined ? [MANIFEST] : this.manifest.chunks.map(({ name }) => name);
    const names: string[] = [];
    for (const name of missing) {
      if (this.arriving.size >= this.maxInFlight) break;
      if (this.chunks.has(name) || this.arriving.has(name)) continue;
      this.arriving.set(name, { texts: [], bytes: 0, parts: undefined });
      names.push(name);
    }
    return names;
  }

  /** Takes a part. */
  add({ chunk, part, parts, text }: ChunkPart): TakenPart {
    const arriving = this.arriving.get(chunk);
    if (arriving === undefined || part !== arriving.texts.length) return { kind: 'unexpected' };
    const isLast = part + 1 === parts;
    arriving.parts ??= parts;
    arriving.bytes += utf8Bytes(text);
    // Parts of another size, or an endless number of them, would never become a chunk.
    const isPossible =
      parts === arriving.parts &&
      (isLast || isFullPart(text)) &&
      arriving.bytes <= MAX_UNVERIFIED_BYTES;
    if (!isPossible) return { kind: 'impossible' };
    this.received += 1;
    arriving.texts.push(text);
    if (!isLast) {
      this.makeRoom(chunk);
      return { kind: 'incomplete', next: part + 1 };
    }
    this.arriving.delete(chunk);
    return { kind: 'whole', text: arriving.texts.join('') };
  }

  /** Large chunks at a time are too much: `chunk` goes on, one after another from now on. */
  private makeRoom(chunk: string): void {
    let unverified = 0;
    for (const { bytes } of this.arriving.values()) unverified += bytes;
    if (unverified <= MAX_UNVERIFIED_BYTES) return;
    this.maxInFlight = 1;
    for (const other of this.arriving.keys()) if (other !== chunk) this.arriving.delete(other);
  }

  get complete(): boolean {
    return this.manifest !== undefined && this.chunks.size === this.manifest.chunks.length;
  }
}
