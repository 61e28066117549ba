/**
 * The view-changes a replica has heard of.
 *
 * Invariant kept here (bounded memory): one view-change a replica, of the highest view it asked
 * for, beside those that the current and the next new-view refer to.
 */

import type { ClusterSize } from '../config.js';
import type { Digest, ReplicaId, View } from '../ids.js';
import type { NewView, Verified, ViewChange } from '../messages.js';

/** A new-view with all the view-changes it refers to. */
export interface CompleteNewView {
  readonly newView: Verified<NewView>;
  readonly viewChanges: readonly Verified<ViewChange>[];
}

export class ViewChanges {
  /** The new-view that the current view began with; undefined in view 0. */
  current: CompleteNewView | undefined;
  /** A new-view that waits for view-changes this replica has not got. */
  pending: Verified<NewView> | undefined;
  private readonly latest = new Map<ReplicaId, Verified<ViewChange>>();
  private readonly fetched = new Map<Digest, Verified<ViewChange>>();

  constructor(private readonly size: ClusterSize) {}

  /** @returns whether it is news */
  add(viewChange: Verified<ViewChange>): boolean {
    const { replica, view, digest } = viewChange;
    if (this.isMissing(digest)) {
      this.fetched.set(digest, viewChange);
      return true;
    }
    const earlier = this.latest.get(replica);
    if (earlier !== undefined && earlier.view >= view) return false;
    this.latest.set(replica, viewChange);
    return true;
  }

  of(replica: ReplicaId): Verified<ViewChange> | undefined {
    return this.latest.get(replica);
  }

  /** The highest view that f+1 replicas ask for or ask to pass: one of them is honest. */
  get supportedView(): View {
    const views = [...this.latest.values()].map(({ view }) => view).sort((a, b) => b - a);
    return views[this.size.weakQuorum - 1] ?? 0;
  }

  /** Whether a quorum asks for `view` or a later one. */
  quorumAsksFor(view: View): boolean {
    const asking = [...this.latest.values()].filter((each) => each.view >= view);
    return asking.length >= this.size.quorum;
  }

  /** A quorum of view-changes for exactly `view`, ascending by replica, if there is one. */
  quorumFor(view: View): readonly Verified<ViewChange>[] | undefined {
    const asking = [...this.latest.values()]
      .filter((each) => each.view === view)
      .sort((a, b) => a.replica - b.replica);
    return asking.length < this.size.quorum ? undefined : asking.slice(0, this.size.quorum);
  }

  /** Digests of view-changes that the pending new-view refers to and that are not here. */
  get missing(): readonly Digest[] {
    const referred = this.pending?.viewChanges ?? [];
    return referred.map(({ digest }) => digest).filter((digest) => this.find(digest) === undefined);
  }

  find(digest: Digest): Verified<ViewChange> | undefined {
    const fetched = this.fetched.get(digest);
    if (fetched !== undefined) return fetched;
    for (const each of this.latest.values()) if (each.digest === digest) return each;
    return this.current?.viewChanges.find((each) => each.digest === digest);
  }

  /** `view` began: what led to it is kept for those who missed it. */
  entered(complete: CompleteNewView): void {
    const { view } = complete.newView;
    this.current = complete;
    if (this.pending !== undefined && this.pending.view <= view) this.pending = undefined;
    this.fetched.clear();
    for (const [replica, each] of this.latest) if (each.view <= view) this.latest.delete(replica);
  }

  private isMissing(digest: Digest): boolean {
    return this.pending !== undefined && this.missing.includes(digest);
  }
}
