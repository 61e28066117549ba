/**
 * The view-changes a replica has heard of.
 *
 * Invariant kept here (bounded memory): one view-change a replica, of the highest view it asked
 * for, and one new-view a replica, with the view-changes these and the current one refer to.
 */

import type { ClusterSize } from '../config.js';
import type { Digest, ReplicaId, View } from '../ids.js';
import type { NewView, Verified, ViewChange } from '../messages.js';

/** A new-view with all the view-changes it refers to. */
export interface CompleteNewView {
  readonly newView: Verified<NewView>;
  readonly viewChanges: readonly Verified<ViewChange>[];
}

export interface IncompleteNewView {
  readonly newView: Verified<NewView>;
  readonly missing: readonly Digest[];
}

export class ViewChanges {
  /** The new-view that the current view began with; undefined in view 0. */
  current: CompleteNewView | undefined;
  /**
   * New-views that wait for view-changes this replica has not got, by sender: what one makes up
   * does not keep another's from beginning.
   */
  private readonly waiting = new Map<ReplicaId, Verified<NewView>>();
  /** Those whose new-views this replica fetches view-changes for: the timer of each runs. */
  readonly fetchingFor = new Set<ReplicaId>();
  private readonly latest = new Map<ReplicaId, Verified<ViewChange>>();
  private readonly fetched = new Map<Digest, Verified<ViewChange>>();

  constructor(private readonly size: ClusterSize) {}

  /** @returns whether it is news */
  add(viewChange: Verified<ViewChange>): boolean {
    const { replica, view, digest } = viewChange;
    if (this.isWanted(viewChange)) {
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

  /** How many replicas ask for `view` or a later one. */
  countAsking(view: View): number {
    return [...this.latest.values()].filter((each) => each.view >= view).length;
  }

  /** Whether a quorum asks for `view` or a later one. */
  quorumAsksFor(view: View): boolean {
    return this.countAsking(view) >= this.size.quorum;
  }

  /** A quorum of view-changes for exactly `view`, ascending by replica, if there is one. */
  quorumFor(view: View): readonly Verified<ViewChange>[] | undefined {
    const asking = [...this.latest.values()]
      .filter((each) => each.view === view)
      .sort((a, b) => a.replica - b.replica);
    return asking.length < this.size.quorum ? undefined : asking.slice(0, this.size.quorum);
  }

  /** Keeps a new-view until its view-changes are here. @returns whether it is news */
  await(newView: Verified<NewView>): boolean {
    const earlier = this.waiting.get(newView.replica);
    if (earlier !== undefined && earlier.view >= newView.view) return false;
    this.waiting.set(newView.replica, newView);
    this.forgetUnwanted();
    return true;
  }

  /** The waiting new-view of `replica`. */
  awaited(replica: ReplicaId): Verified<NewView> | undefined {
    return this.waiting.get(replica);
  }

  /** Gives up on a new-view. */
  dismiss(newView: Verified<NewView>): void {
    if (this.waiting.get(newView.replica) === newView) this.waiting.delete(newView.replica);
    this.forgetUnwanted();
  }

  /** What was fetched for a new-view that waits no more. */
  private forgetUnwanted(): void {
    const wanted = new Set(
      [...this.waiting.values()].flatMap(({ viewChanges }) =>
        viewChanges.map(({ digest }) => digest),
      ),
    );
    for (const digest of this.fetched.keys()) if (!wanted.has(digest)) this.fetched.delete(digest);
  }

  /** New-views that wait, each with the view-changes it refers to that are not here. */
  get incomplete(): readonly IncompleteNewView[] {
    return [...this.waiting.values()].map((newView) => ({
      newView,
      missing: newView.viewChanges
        .map(({ digest }) => digest)
        .filter((digest) => this.find(digest) === undefined),
    }));
  }

  /** Whether some new-view waits for this view-change: of the replica and view it is named for. */
  isWanted({ replica, view, digest }: Pick<ViewChange, 'replica' | 'view' | 'digest'>): boolean {
    for (const newView of this.waiting.values()) {
      if (newView.view !== view) continue;
      const named = newView.viewChanges.some(
        (each) => each.digest === digest && each.replica === replica,
      );
      if (named) return this.find(digest) === undefined;
    }
    return false;
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
    for (const [sender, each] of this.waiting) if (each.view <= view) this.waiting.delete(sender);
    this.fetched.clear();
    for (const [replica, each] of this.latest) if (each.view <= view) this.latest.delete(replica);
  }
}
