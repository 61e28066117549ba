/**
 * Durable before visible: whatever an honest replica says that it must not forget is in its store
 * at that time; and what was stored is there again after a restart.
 */

import type { ReplicaId, SequenceNumber, StoreRecord } from '@ccro/consensus';
import type { WireMessage } from '@ccro/wire';
import type { Report } from './violation.js';

interface Durable {
  readonly facts: Set<string>;
  executed: SequenceNumber;
}

export class DurabilityChecker {
  private readonly replicas = new Map<ReplicaId, Durable>();

  constructor(private readonly report: Report) {}

  onDurable(replica: ReplicaId, record: StoreRecord): void {
    const durable = this.of(replica);
    switch (record.kind) {
      case 'voted': {
        const { phase, view, sequence, digest } = record;
        durable.facts.add(`${phase} vote in view ${view} at ${sequence} for ${digest}`);
        return;
      }
      case 'proposed': {
        const { view, sequence, digest } = record.prePrepare;
        durable.facts.add(`proposal in view ${view} at ${sequence} of ${digest}`);
        return;
      }
      case 'view-left':
        durable.facts.add(`view-change for view ${record.view}`);
        return;
      case 'executed':
        durable.executed = Math.max(durable.executed, record.decision.sequence);
        return;
      case 'snapshot':
        durable.executed = Math.max(durable.executed, record.snapshot.sequence);
        return;
      case 'accepted':
      case 'certified':
      case 'view-entered':
      case 'checkpoint':
        return;
    }
  }

  /** A message leaves honest `replica`. */
  onSent(replica: ReplicaId, message: WireMessage): void {
    switch (message.kind) {
      case 'vote': {
        const { phase, view, sequence, digest } = message;
        this.expectFact(replica, `${phase} vote in view ${view} at ${sequence} for ${digest}`);
        return;
      }
      case 'pre-prepare': {
        if (message.replica !== replica) return;
        const { view, sequence, digest } = message;
        this.expectFact(replica, `proposal in view ${view} at ${sequence} of ${digest}`);
        return;
      }
      case 'view-change':
        if (message.replica !== replica) return;
        this.expectFact(replica, `view-change for view ${message.view}`);
        return;
      case 'reply':
        for (const { sequence } of message.results) this.expectExecuted(replica, sequence);
        return;
      default:
    }
  }

  /** The replica starts again from its store and has executed up to `sequence`. */
  onRestored(replica: ReplicaId, sequence: SequenceNumber): void {
    const { executed } = this.of(replica);
    if (sequence >= executed) return;
    const detail = `replica ${replica} restarts at ${sequence}, but had stored up to ${executed}`;
    this.report('durability', detail);
  }

  private expectFact(replica: ReplicaId, fact: string): void {
    if (this.of(replica).facts.has(fact)) return;
    this.report('durable-before-visible', `replica ${replica} sent what is not durable: ${fact}`);
  }

  private expectExecuted(replica: ReplicaId, sequence: SequenceNumber): void {
    if (sequence <= this.of(replica).executed) return;
    const detail = `replica ${replica} replied on ${sequence} before it was durable`;
    this.report('durable-before-visible', detail);
  }

  private of(replica: ReplicaId): Durable {
    const known = this.replicas.get(replica);
    if (known !== undefined) return known;
    const durable = { facts: new Set<string>(), executed: 0 };
    this.replicas.set(replica, durable);
    return durable;
  }
}
