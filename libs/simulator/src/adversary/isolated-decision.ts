/**
 * An isolated decision: just when a slot is about to be decided in a view after which the adversary has its
 * turn as primary, the network lets one honest replica alone learn of it. What nobody else knows
 * was decided is what a new view must not lose.
 *
 * An asynchronous network may do that. It lasts until the next view begins, or its time is up.
 */

import {
  decides,
  primaryOf,
  type ReplicaId,
  type SequenceNumber,
  type View,
} from '@ccro/consensus';
import type { WireMessage } from '@ccro/wire';
import type { Holdings } from './holdings.js';

export interface IsolationPlan {
  /** The honest replica that learns of decisions. */
  readonly witness: ReplicaId;
  /** Not before this view. */
  readonly fromView: View;
  /** So many slots are decided in the view first. */
  readonly afterSlots: number;
  /** In virtual milliseconds. */
  readonly lastsMs: number;
}

export class IsolatedDecision {
  private begun:
    { readonly view: View; readonly above: SequenceNumber; readonly untilMs: number } | undefined;
  private over = false;

  constructor(
    private readonly plan: IsolationPlan,
    private readonly own: ReadonlySet<ReplicaId>,
    private readonly n: number,
  ) {}

  get active(): boolean {
    return this.begun !== undefined && !this.over;
  }

  /** Looks whether it is time. @returns whether it began just now */
  consider(holdings: Holdings, nowMs: number): boolean {
    if (this.over) return false;
    if (this.begun !== undefined) {
      if (holdings.view > this.begun.view || nowMs > this.begun.untilMs) this.end();
      return false;
    }
    const { view, decided } = holdings;
    const { fromView, afterSlots, lastsMs } = this.plan;
    if (view < fromView || !this.own.has(primaryOf(view + 1, this.n))) return false;
    const decidedHere = [...decided].filter(([, certificate]) => certificate.view === view);
    if (decidedHere.length < afterSlots) return false;
    const above = Math.max(0, ...decidedHere.map(([sequence]) => sequence));
    this.begun = { view, above, untilMs: nowMs + lastsMs };
    return true;
  }

  end(): void {
    this.over = true;
  }

  /** Whether `message` does not get from one replica to another, undefined being another party. */
  obstructs(
    message: WireMessage | undefined,
    from: ReplicaId | undefined,
    to: ReplicaId | undefined,
  ): boolean {
    const { begun, own, n, plan } = this;
    if (begun === undefined || this.over || message === undefined) return false;
    if (to === undefined || own.has(to) || to === plan.witness) return false;
    // What the witness could tell the others of it.
    if (from === plan.witness && (message.kind === 'status' || message.kind === 'chunk-part')) {
      return true;
    }
    switch (message.kind) {
      case 'vote':
        return message.phase === 'commit' && message.sequence > begun.above;
      case 'certificate':
        return decides(message, n) && message.sequence > begun.above;
      case 'decision':
        return message.sequence > begun.above;
      default:
        return false;
    }
  }
}
