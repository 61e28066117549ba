/**
 * Agreement, order, validity and integrity, seen in what honest replicas store when they execute.
 *
 * The first honest replica to execute a slot says what it holds; everyone else must have done the
 * same. The ledger's head covers batches and results, so what it covers is checked once a slot.
 */

import type {
  ClientId,
  Digest,
  Digests,
  ReplicaId,
  Request,
  RequestResult,
  SequenceNumber,
  Snapshot,
  StoreRecord,
  Timestamp,
} from '@ccro/consensus';
import type { Report } from './violation.js';

/** What a replica stores when it executes. */
type Executed = Extract<StoreRecord, { readonly kind: 'executed' }>;

export class ExecutionChecker {
  /** Batches decided by any honest replica, by sequence number. */
  readonly decided = new Map<SequenceNumber, readonly Request[]>();
  /** How many of those the votes of all decided, at whoever executed them first. */
  decidedFast = 0;
  private readonly signed = new Set<Digest>();
  private readonly digests = new Map<SequenceNumber, Digest>();
  private readonly ledgerHeads = new Map<SequenceNumber, Digest>();
  private readonly states = new Map<SequenceNumber, Digest>();
  private readonly results = new Map<string, RequestResult>();
  private readonly lastExecuted = new Map<ReplicaId, SequenceNumber>();

  constructor(
    private readonly hashes: Digests,
    private readonly report: Report,
  ) {}

  /** A client signed `request`. */
  onSigned({ digest }: Pick<Request, 'digest'>): void {
    this.signed.add(digest);
  }

  /** What (client, timestamp) came to, once an honest replica executed it. */
  resultOf(client: ClientId, timestamp: Timestamp): RequestResult | undefined {
    return this.results.get(resultKey(client, timestamp));
  }

  /** The highest slot that `replica` executed, in its present life or as it was restored. */
  executedBy(replica: ReplicaId): SequenceNumber {
    return this.lastExecuted.get(replica) ?? 0;
  }

  onExecuted(replica: ReplicaId, { decision, results, ledgerHead }: Executed): void {
    const { sequence, digest, requests } = decision;
    const expected = this.executedBy(replica) + 1;
    if (sequence !== expected) {
      this.report('order', `replica ${replica} executed ${sequence}, not ${expected}`);
    }
    this.lastExecuted.set(replica, sequence);
    this.agree(this.digests, sequence, digest, replica, 'batch');
    const isFirst = !this.decided.has(sequence);
    this.agree(this.ledgerHeads, sequence, ledgerHead, replica, 'ledger head');
    if (!isFirst) return;
    this.decided.set(sequence, requests);
    if (decision.certificate.phase === 'prepare') this.decidedFast += 1;
    this.checkValidity(replica, requests);
    this.checkIntegrity(replica, requests, results);
  }

  /** The replica's state after `sequence`, as it votes on it. */
  onState(replica: ReplicaId, sequence: SequenceNumber, state: Digest): void {
    this.agree(this.states, sequence, state, replica, 'state');
  }

  onCheckpoint(replica: ReplicaId, sequence: SequenceNumber, ledgerHead: Digest): void {
    this.agree(this.ledgerHeads, sequence, ledgerHead, replica, 'ledger head');
  }

  /** The replica took over a state from another one. */
  onSnapshot(replica: ReplicaId, { sequence, ledgerHead, chunks }: Snapshot): void {
    const executed = this.executedBy(replica);
    if (sequence <= executed) {
      this.report('order', `replica ${replica} went from ${executed} back to state ${sequence}`);
    }
    this.lastExecuted.set(replica, sequence);
    this.agree(this.ledgerHeads, sequence, ledgerHead, replica, 'ledger head');
    const hashed = chunks.map(({ name, text }) => ({
      name,
      digest: this.hashes.chunk(name, text),
    }));
    const state = this.hashes.checkpoint({ sequence, ledgerHead, chunks: hashed });
    this.agree(this.states, sequence, state, replica, 'state');
  }

  /** The replica starts again and has executed up to `sequence`, as far as it knows. */
  onRestored(replica: ReplicaId, sequence: SequenceNumber): void {
    this.lastExecuted.set(replica, sequence);
  }

  private agree(
    known: Map<SequenceNumber, Digest>,
    sequence: SequenceNumber,
    digest: Digest,
    replica: ReplicaId,
    what: string,
  ): void {
    const earlier = known.get(sequence);
    if (earlier === undefined) known.set(sequence, digest);
    else if (earlier !== digest) {
      this.report('agreement', `replica ${replica} has another ${what} at ${sequence}`);
    }
  }

  private checkValidity(replica: ReplicaId, requests: readonly Request[]): void {
    for (const { digest, client, timestamp } of requests) {
      if (this.signed.has(digest)) continue;
      const name = resultKey(client, timestamp);
      this.report('validity', `replica ${replica} executed ${name}, which ${client} never signed`);
    }
  }

  private checkIntegrity(
    replica: ReplicaId,
    requests: readonly Request[],
    results: readonly RequestResult[],
  ): void {
    const clients = new Map(requests.map(({ digest, client }) => [digest, client]));
    for (const result of results) {
      const client = clients.get(result.request);
      if (client === undefined) {
        this.report('validity', `replica ${replica} ran ${result.request}, not in its batch`);
        continue;
      }
      const key = resultKey(client, result.timestamp);
      if (this.results.has(key)) {
        this.report('integrity', `replica ${replica} executed ${key} twice`);
      }
      this.results.set(key, result);
    }
  }
}

function resultKey(client: ClientId, timestamp: Timestamp): string {
  return `${client}/${timestamp}`;
}
