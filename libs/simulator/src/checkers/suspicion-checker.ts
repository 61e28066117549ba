/**
 * No replica leaves alone: an honest replica leaves the view of an honest primary only when f + 1
 * replicas suspect that primary, or ask for a later view. Faulty ones always count, and so does the
 * replica itself: its own suspicion may have been lost in a crash.
 */

import { maxFaulty, primaryOf, type ReplicaId, type View } from '@ccro/consensus';
import type { WireMessage } from '@ccro/wire';
import type { Report } from './violation.js';

export class SuspicionChecker {
  /** Of each honest replica the highest view that it has had enough of. */
  private readonly tiredOf = new Map<ReplicaId, View>();
  private readonly asked = new Map<ReplicaId, View>();

  constructor(
    private readonly n: number,
    private readonly honest: ReadonlySet<ReplicaId>,
    private readonly report: Report,
  ) {}

  /** A message leaves the honest replica that signed it. */
  onSent(message: WireMessage): void {
    if (message.kind === 'suspicion') this.note(message.replica, message.view);
    if (message.kind !== 'view-change') return;
    const { replica, view } = message;
    const isNew = view > (this.asked.get(replica) ?? 0);
    this.asked.set(replica, Math.max(view, this.asked.get(replica) ?? 0));
    if (isNew && this.honest.has(primaryOf(view - 1, this.n))) this.check(replica, view);
    this.note(replica, view - 1);
  }

  private note(replica: ReplicaId, view: View): void {
    this.tiredOf.set(replica, Math.max(view, this.tiredOf.get(replica) ?? -1));
  }

  private check(replica: ReplicaId, view: View): void {
    const faulty = this.n - this.honest.size;
    const others = [...this.tiredOf].filter(([each, of]) => each !== replica && of >= view - 1);
    const agreeing = others.length + faulty + 1;
    if (agreeing > maxFaulty(this.n)) return;
    this.report(
      'leaving',
      `replica ${replica} asks for view ${view}, and ${agreeing} at most suspect the primary before`,
    );
  }
}
