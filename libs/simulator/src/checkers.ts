/**
 * The invariants of `docs/PROTOCOL.md`, checked from outside while a simulation runs. What honest
 * replicas do is observed where it counts: what they store and what they send.
 */

import type { Digest, ReplicaId, Request, RequestResult, StoreRecord, Vote } from '@ccro/consensus';
import type { SignatureScheme, Verifier } from '@ccro/crypto';

/** A violated invariant: the run's finding. */
export class Violation extends Error {
  constructor(
    readonly invariant: string,
    detail: string,
  ) {
    super(`${invariant}: ${detail}`);
    this.name = 'Violation';
  }
}

export class Checkers {
  readonly violations: Violation[] = [];
  /** Batches decided by any honest replica, by sequence number. */
  readonly decided = new Map<number, readonly Request[]>();
  private readonly digests = new Map<number, Digest>();
  private readonly ledgerHeads = new Map<number, Digest>();
  private readonly executed = new Map<ReplicaId, Set<string>>();
  private readonly lastExecuted = new Map<ReplicaId, number>();
  private readonly voted = new Map<string, Digest>();

  constructor(
    private readonly honest: ReadonlySet<ReplicaId>,
    private readonly scheme: SignatureScheme,
    private readonly verifier: Verifier,
  ) {}

  /** A replica stores `record`. */
  onStored(replica: ReplicaId, record: StoreRecord): void {
    if (!this.honest.has(replica)) return;
    if (record.kind === 'certified') this.checkCertificate(replica, record.certificate);
    if (record.kind === 'executed') this.checkExecution(replica, record);
  }

  /** A vote is on the network, whoever sent it. */
  onVote(vote: Vote): void {
    if (!this.honest.has(vote.replica) || !this.verifier.verifyVoteSignature(vote)) return;
    const key = `${vote.replica}/${vote.phase}/${vote.view}/${vote.sequence}`;
    const earlier = this.voted.get(key);
    if (earlier === undefined) this.voted.set(key, vote.digest);
    else if (earlier !== vote.digest) this.found('no-equivocation', `two digests at ${key}`);
  }

  private checkCertificate(
    replica: ReplicaId,
    certificate: Extract<StoreRecord, { kind: 'certified' }>['certificate'],
  ): void {
    const refusal = this.scheme.verify(certificate);
    if (refusal === undefined) return;
    this.found('certificates', `replica ${replica} accepted one that is ${refusal}`);
  }

  private checkExecution(
    replica: ReplicaId,
    { decision, results, ledgerHead }: Extract<StoreRecord, { kind: 'executed' }>,
  ): void {
    const { sequence, digest, requests } = decision;
    const expected = (this.lastExecuted.get(replica) ?? 0) + 1;
    if (sequence !== expected) {
      this.found('order', `replica ${replica} executed ${sequence}, not ${expected}`);
    }
    this.lastExecuted.set(replica, sequence);
    this.agree(this.digests, sequence, digest, replica, 'batch');
    this.agree(this.ledgerHeads, sequence, ledgerHead, replica, 'ledger head');
    this.decided.set(sequence, requests);
    this.checkValidity(replica, requests);
    this.checkIntegrity(replica, requests, results);
  }

  private agree(
    known: Map<number, Digest>,
    sequence: number,
    digest: Digest,
    replica: ReplicaId,
    what: string,
  ): void {
    const earlier = known.get(sequence);
    if (earlier === undefined) known.set(sequence, digest);
    else if (earlier !== digest) {
      this.found('agreement', `replica ${replica} has another ${what} at ${sequence}`);
    }
  }

  private checkValidity(replica: ReplicaId, requests: readonly Request[]): void {
    for (const request of requests) {
      if (typeof this.verifier.verify(request) !== 'string') continue;
      this.found('validity', `replica ${replica} executed what ${request.client} never signed`);
    }
  }

  private checkIntegrity(
    replica: ReplicaId,
    requests: readonly Request[],
    results: readonly RequestResult[],
  ): void {
    const executed = this.executed.get(replica) ?? new Set<string>();
    this.executed.set(replica, executed);
    const clients = new Map(requests.map(({ digest, client }) => [digest, client]));
    for (const { request, timestamp } of results) {
      const client = clients.get(request);
      if (client === undefined) this.found('validity', `replica ${replica} ran ${request}`);
      const key = `${client}/${timestamp}`;
      if (executed.has(key)) this.found('integrity', `replica ${replica} executed ${key} twice`);
      executed.add(key);
    }
  }

  private found(invariant: string, detail: string): void {
    this.violations.push(new Violation(invariant, detail));
  }
}
