import { Injectable } from '@nestjs/common';
import type { ExecutedSlot, Progress } from '@ccro/consensus';
import type { ReplicaStore } from '@ccro/storage';
import { Counter, Histogram, Registry } from 'prom-client';
import { VIEW_CHANGE_REASONS } from '../replica/replica-text.js';

/** Seconds; a decision takes a few milliseconds when all is well, a view-change seconds. */
const DECISION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Seconds; a write that is flushed takes a good disk about a millisecond. */
const WRITE_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** What is counted while the replica runs: little, and nothing per message. */
@Injectable()
export class ReplicaMetrics {
  readonly registry = new Registry();
  private readonly registers = [this.registry];
  private readonly decisions = new Counter({
    name: 'ccro_node_decisions_total',
    help: 'Slots executed: decided in one round of votes (fast), in two (slow), or elsewhere (caught-up)',
    labelNames: ['path'],
    registers: this.registers,
  });
  private readonly requests = new Counter({
    name: 'ccro_node_requests_total',
    help: 'Requests in executed slots',
    registers: this.registers,
  });
  private readonly fallbacks = new Counter({
    name: 'ccro_node_fallbacks_total',
    help: 'Slots whose votes were broadcast because the collector sent no certificate in time',
    registers: this.registers,
  });
  private readonly latency = new Histogram({
    name: 'ccro_node_decision_seconds',
    help: 'From accepting a proposal to executing its slot',
    buckets: DECISION_BUCKETS,
    registers: this.registers,
  });
  private readonly viewChanges = new Counter({
    name: 'ccro_node_view_changes_total',
    help: 'Views that this node left, by reason',
    labelNames: ['reason'],
    registers: this.registers,
  });
  private readonly transfers = new Counter({
    name: 'ccro_node_state_transfers_total',
    help: 'States taken over from other nodes',
    registers: this.registers,
  });
  private readonly writes = new Histogram({
    name: 'ccro_node_store_write_seconds',
    help: 'Until the store says that records are durable; nothing with DURABILITY=memory',
    buckets: WRITE_BUCKETS,
    registers: this.registers,
  });

  constructor() {
    // A series that appears with its first event has no rate then.
    for (const path of ['fast', 'slow', 'caught-up']) this.decisions.inc({ path }, 0);
    for (const reason of VIEW_CHANGE_REASONS) this.viewChanges.inc({ reason }, 0);
  }

  onExecuted({ durationMs, fast, fellBack, requests }: ExecutedSlot): void {
    this.requests.inc(requests);
    if (fellBack) this.fallbacks.inc();
    if (durationMs === undefined) {
      this.decisions.inc({ path: 'caught-up' });
      return;
    }
    this.decisions.inc({ path: fast ? 'fast' : 'slow' });
    this.latency.observe(durationMs / 1000);
  }

  onProgress(progress: Progress): void {
    if (progress.kind === 'left-view') this.viewChanges.inc({ reason: progress.why });
    if (progress.kind === 'took-state-over') this.transfers.inc();
  }

  /** The same store, whose writes are timed. One that keeps nothing is done at once. */
  timed(store: ReplicaStore): ReplicaStore {
    return {
      append: (records) => {
        const startedAt = performance.now();
        const written = store.append(records);
        return written?.then(() => this.writes.observe((performance.now() - startedAt) / 1000));
      },
      restore: () => store.restore(),
      decisions: (first, last, maxCharacters) => store.decisions(first, last, maxCharacters),
      result: (sequence, client, timestamp) => store.result(sequence, client, timestamp),
      snapshot: (sequence) => store.snapshot(sequence),
      close: () => store.close(),
    };
  }
}
