/**
 * The replicated state cut into chunks: what checkpoints are taken of, what is stored of it, and
 * what a replica that was away for long is sent.
 *
 * Invariant kept here (agreement): the same state gives the same chunks and digests on every
 * replica, whether it was executed, restored or transferred; and each of them can be transferred.
 */

import type { Digest, SequenceNumber } from '../messages/ids.js';
import type { Chunk, ChunkChange } from '../model/durable.js';
import type { Digests, StateMachine } from '../model/ports.js';
import { requireTransferable } from './chunk-limit.js';
import type { ClientTable } from './client-table.js';

const CLIENTS = 'clients/';
const STATE_MACHINE = 'state/';

interface ChunkSources {
  readonly digests: Digests;
  readonly stateMachine: StateMachine;
}

export class StateChunks {
  private readonly known = new Map<string, Digest>();
  /** Changes since they were last taken, to be stored with the next checkpoint. */
  private unsaved = new Map<string, Chunk | null>();

  constructor(
    private readonly clients: ClientTable,
    private readonly sources: ChunkSources,
  ) {}

  /** Digest of the whole state after `sequence`. */
  digest(sequence: SequenceNumber, ledgerHead: Digest): Digest {
    this.refresh();
    const chunks = [...this.known]
      .map(([name, digest]) => ({ name, digest }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    return this.sources.digests.checkpoint({ sequence, ledgerHead, chunks });
  }

  /** What changed since this was called last. */
  takeUnsaved(): ChunkChange[] {
    this.refresh();
    const changes = [...this.unsaved].map(([name, chunk]) => ({ name, chunk }));
    this.unsaved = new Map();
    return changes;
  }

  /** Replaces the whole state by chunks that were verified. @throws when one makes no sense */
  load(chunks: readonly Chunk[]): void {
    const clients = new Map<string, string>();
    const stateMachine = new Map<string, string>();
    for (const { name, text } of chunks) {
      if (name.startsWith(CLIENTS)) clients.set(name.slice(CLIENTS.length), text);
      else stateMachine.set(name.slice(STATE_MACHINE.length), text);
    }
    this.sources.stateMachine.load(stateMachine);
    this.clients.load(clients);
    this.unsaved = new Map();
    this.known.clear();
    for (const { name, digest } of chunks) this.known.set(name, digest);
  }

  private refresh(): void {
    for (const [client, text] of this.clients.takeChanges()) this.note(CLIENTS + client, text);
    for (const [name, text] of this.sources.stateMachine.takeChanges()) {
      this.note(STATE_MACHINE + name, text);
    }
  }

  private note(name: string, text: string): void {
    if (text === '') {
      if (this.known.delete(name)) this.unsaved.set(name, null);
      return;
    }
    requireTransferable(name, text);
    const digest = this.sources.digests.chunk(name, text);
    if (this.known.get(name) === digest) return;
    this.known.set(name, digest);
    this.unsaved.set(name, { name, text, digest });
  }
}
