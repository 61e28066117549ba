import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { ReplicaId } from '@ccro/consensus';
import type { EvidenceEvent } from '@ccro/telemetry';
import { ClusterService } from '../cluster/cluster.service.js';
import { EvidenceJudge } from '../cluster/evidence-judge.js';
import type { Accusation } from './report-merger.js';

/** Each witness is asked for its statements so often at most. */
const LOOK_EVERY_MS = 1_000;
/** Accusations of each witness that wait to be looked at; what comes meanwhile is told again. */
const MAX_WAITING = 16;

/**
 * Telemetry reports who accuses whom; the signed statements are in the status of the witness. They are
 * fetched and checked before an accusation is shown as more than a suspicion.
 */
@Injectable()
export class EvidenceLooks implements BeforeApplicationShutdown {
  private readonly waiting = new Map<ReplicaId, Accusation[]>();
  private readonly resting = new Set<NodeJS.Timeout>();
  private over = false;

  constructor(
    private readonly cluster: ClusterService,
    private readonly judge: EvidenceJudge,
  ) {}

  /** @param tell is told of it once its standing is known */
  add(accusation: Accusation, tell: (event: EvidenceEvent) => void): void {
    const { witness, accused } = accusation;
    if (this.over || accused === witness) return;
    const standing = this.judge.standingOf(witness, accusation);
    if (standing !== 'suspected' || !this.judge.canBeMore(accusation)) {
      tell({ type: 'evidence', ...accusation, standing });
      return;
    }
    const others = this.waiting.get(witness);
    if (others === undefined) {
      this.waiting.set(witness, [accusation]);
      void this.look(witness, tell);
    } else if (others.length < MAX_WAITING) others.push(accusation);
  }

  beforeApplicationShutdown(): void {
    this.over = true;
    for (const timer of this.resting) clearTimeout(timer);
    this.waiting.clear();
  }

  /** Looks at what waits, rests, and looks again as long as more has come meanwhile. */
  private async look(witness: ReplicaId, tell: (event: EvidenceEvent) => void): Promise<void> {
    const status = await this.cluster.asOfNow(witness).catch(() => undefined);
    const accusations = this.waiting.get(witness) ?? [];
    this.waiting.set(witness, []);
    for (const accusation of accusations) {
      const { accused, kind } = accusation;
      const shown = status?.evidence ?? [];
      const found = shown.find((each) => each.accused === accused && each.kind === kind);
      const standing = found === undefined ? 'suspected' : this.judge.standingOf(witness, found);
      if (!this.over) tell({ type: 'evidence', ...accusation, standing });
    }
    if (this.over) return;
    const timer = setTimeout(() => {
      this.resting.delete(timer);
      if ((this.waiting.get(witness) ?? []).length === 0) this.waiting.delete(witness);
      else void this.look(witness, tell);
    }, LOOK_EVERY_MS);
    timer.unref();
    this.resting.add(timer);
  }
}
