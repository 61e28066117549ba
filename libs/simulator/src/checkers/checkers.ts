/**
 * The invariants of `docs/PROTOCOL.md`, checked from outside while a simulation runs: what honest
 * replicas store, what leaves them, what clients come to believe. Faulty replicas are not
 * checked.
 */

import type { Outcome } from '@ccro/client';
import {
  InvariantViolation,
  type Certificate,
  type ClientId,
  type ReplicaConfig,
  type ReplicaId,
  type ReplicaStatus,
  type Request,
  type Restored,
  type SequenceNumber,
  type StoreRecord,
} from '@ccro/consensus';
import { createDigests, type ClusterKeys } from '@ccro/crypto';
import { errorStack } from '@ccro/foreign-text';
import type { WireMessage } from '@ccro/wire';
import { CertificateChecker } from './certificate-checker.js';
import { DurabilityChecker } from './durability-checker.js';
import { ExecutionChecker } from './execution-checker.js';
import { MemoryChecker } from './memory-checker.js';
import { SigningChecker } from './signing-checker.js';
import { SuspicionChecker } from './suspicion-checker.js';
import { TwoRoundsChecker } from './two-rounds-checker.js';
import { Violation, type InvariantName } from './violation.js';

export interface CheckersOptions {
  readonly cluster: ClusterKeys;
  /** Replicas that keep to the protocol, whatever befalls them. */
  readonly honest: ReadonlySet<ReplicaId>;
  readonly limits: Pick<ReplicaConfig, 'windowSlots' | 'maxPooledRequests'>;
  /** Sees each finding as it is made. */
  readonly onViolation?: (violation: Violation) => void;
}

export class Checkers {
  readonly violations: Violation[] = [];
  /** How often honest replicas started. */
  starts = 0;
  /** How often honest replicas took over a state from another. */
  transfers = 0;
  private readonly execution: ExecutionChecker;
  private readonly signing: SigningChecker;
  private readonly certificates: CertificateChecker;
  private readonly durability: DurabilityChecker;
  private readonly memory: MemoryChecker;
  private readonly twoRounds: TwoRoundsChecker;
  private readonly suspicion: SuspicionChecker;

  constructor(private readonly options: CheckersOptions) {
    const report = this.found.bind(this);
    this.execution = new ExecutionChecker(createDigests(), report);
    this.signing = new SigningChecker(options.cluster.members.length, report);
    this.certificates = new CertificateChecker(options.cluster);
    this.durability = new DurabilityChecker(report);
    this.memory = new MemoryChecker(options.limits, report);
    this.twoRounds = new TwoRoundsChecker(options.cluster.members.length, report);
    const { cluster, honest } = options;
    this.suspicion = new SuspicionChecker(cluster.members.length, honest, report);
  }

  /** Batches decided by any honest replica, by sequence number. */
  get decided(): ReadonlyMap<SequenceNumber, readonly Request[]> {
    return this.execution.decided;
  }

  /** Slots that the votes of all decided, where an honest replica first executed them. */
  get decidedFast(): number {
    return this.execution.decidedFast;
  }

  /** A client signed `request`. */
  onSigned(request: Pick<Request, 'digest'>): void {
    this.execution.onSigned(request);
  }

  /** A replica hands `record` to its store. */
  onAppended(replica: ReplicaId, record: StoreRecord): void {
    if (!this.isHonest(replica)) return;
    this.twoRounds.onAppended(replica, record);
    if (record.kind === 'certified') this.checkCertificate(replica, record.certificate);
    else if (record.kind === 'executed') {
      this.checkDecision(replica, record.decision.certificate);
      this.execution.onExecuted(replica, record);
    } else if (record.kind === 'checkpoint') {
      this.execution.onCheckpoint(replica, record.sequence, record.ledgerHead);
    } else if (record.kind === 'voted' && record.phase === 'checkpoint') {
      this.execution.onState(replica, record.sequence, record.digest);
    } else if (record.kind === 'snapshot') {
      this.transfers += 1;
      this.execution.onSnapshot(replica, record.snapshot);
    }
  }

  /** `record` is durable in a replica's store. */
  onDurable(replica: ReplicaId, record: StoreRecord): void {
    if (!this.isHonest(replica)) return;
    this.durability.onDurable(replica, record);
    if (record.kind === 'certified') this.signing.onCertified(replica, record.certificate);
  }

  /** A message leaves a replica, for one other or for all. */
  onSent(replica: ReplicaId, message: WireMessage, toAll = false): void {
    if (!this.isHonest(replica)) return;
    this.durability.onSent(replica, message);
    if (message.kind === 'certificate' && toAll) this.twoRounds.onPublished(replica, message);
    // A replica passes on what others signed as well.
    if (!('replica' in message) || message.replica !== replica) return;
    this.suspicion.onSent(message);
    if (message.kind === 'vote') this.signing.onVoteSent(message);
    else if (message.kind === 'pre-prepare') this.signing.onPrePrepareSent(message);
    else if (message.kind === 'view-change') this.signing.onViewChangeSent(message);
  }

  /** A replica starts, the first time or again, from what its store gave. */
  onRestored(replica: ReplicaId, restored: Restored | undefined): void {
    if (!this.isHonest(replica)) return;
    this.starts += 1;
    const newest = restored?.decisions.at(-1)?.decision.sequence;
    const sequence = newest ?? restored?.snapshot?.sequence ?? 0;
    this.durability.onRestored(replica, sequence);
    this.execution.onRestored(replica, sequence);
  }

  /** A client believes an outcome. */
  onDecided(client: ClientId, outcome: Outcome): void {
    const { timestamp, sequence, batch, resultText } = outcome;
    const executed = this.execution.resultOf(client, timestamp);
    const same =
      executed?.sequence === sequence &&
      executed.batch === batch &&
      executed.result === resultText &&
      executed.request === outcome.request;
    if (same) return;
    const instead =
      executed === undefined ? 'nothing' : `${executed.result} at ${executed.sequence}`;
    this.found(
      'replies',
      `${client}/${timestamp} got ${resultText} at ${sequence}; honest replicas: ${instead}`,
    );
  }

  /** What a replica says of itself. */
  onStatus(replica: ReplicaId, status: ReplicaStatus): void {
    if (this.isHonest(replica)) this.memory.onStatus(replica, status);
  }

  /** A replica stopped itself. */
  onStopped(replica: ReplicaId, error: unknown): void {
    if (!this.isHonest(replica)) return;
    const why = error instanceof InvariantViolation ? error.message : errorStack(error);
    this.found('stopped', `replica ${replica}: ${why}`);
  }

  found(invariant: InvariantName, detail: string): void {
    const violation = new Violation(invariant, detail);
    this.violations.push(violation);
    this.options.onViolation?.(violation);
  }

  private isHonest(replica: ReplicaId): boolean {
    return this.options.honest.has(replica);
  }

  private checkCertificate(replica: ReplicaId, certificate: Certificate): void {
    const { flaw, signers } = this.certificates.assess(certificate);
    this.reportCertificate(replica, certificate, flaw);
    for (const signer of signers) {
      if (this.isHonest(signer)) this.signing.onVoteFound(signer, certificate);
    }
  }

  private checkDecision(replica: ReplicaId, certificate: Certificate): void {
    this.checkCertificate(replica, certificate);
    this.reportCertificate(replica, certificate, this.certificates.flawAsDecision(certificate));
  }

  private reportCertificate(
    replica: ReplicaId,
    { phase, view, sequence }: Certificate,
    flaw: string | undefined,
  ): void {
    if (flaw === undefined) return;
    const which = `${phase} certificate of view ${view} at ${sequence}`;
    this.found('certificates', `replica ${replica} accepted a ${which}, ${flaw}`);
  }
}
