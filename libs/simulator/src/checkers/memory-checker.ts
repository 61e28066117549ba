import type { ReplicaConfig, ReplicaId, ReplicaStatus } from '@ccro/consensus';
import type { Report } from './violation.js';

/** Slots that a replica may keep below its stable checkpoint, for stragglers. */
const RETAINED_SLOTS = 32;

/** Bounded memory: what a replica says of its sizes stays within what it was configured for. */
export class MemoryChecker {
  constructor(
    private readonly limits: Pick<ReplicaConfig, 'windowSlots' | 'maxPooledRequests'>,
    private readonly report: Report,
  ) {}

  onStatus(replica: ReplicaId, status: ReplicaStatus): void {
    const { slots, pooledRequests, lowWatermark, highWatermark, stableCheckpoint } = status;
    const { windowSlots, maxPooledRequests } = this.limits;
    this.expectAtMost(replica, 'slots', slots, windowSlots + RETAINED_SLOTS);
    this.expectAtMost(replica, 'requests', pooledRequests, maxPooledRequests);
    this.expectAtMost(replica, 'window', highWatermark - lowWatermark, windowSlots);
    this.expectAtMost(replica, 'window above the checkpoint', lowWatermark, stableCheckpoint);
  }

  private expectAtMost(replica: ReplicaId, what: string, found: number, limit: number): void {
    if (found <= limit) return;
    this.report('bounded-memory', `replica ${replica}, ${what}: ${found}, at most ${limit}`);
  }
}
