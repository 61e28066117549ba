/**
 * The view-changes that a replica received.
 *
 * Invariants kept here:
 * - bounded memory: one view-change a replica, of the highest view it asked for, and one new-view a
 *   replica, with the view-changes these, the one made here and the current one refer to;
 * - certificates: a view-change is used for a new view only once everything that it reports is proven (see `proofs.ts`). That a replica asks for a view needs no proof but its signature.
 */

import type { CompleteNewView } from '../model/durable.js';
import type { Digest, ReplicaId, View } from '../messages/ids.js';
import type { Certificate, NewView, Verified, ViewChange } from '../messages/index.js';
import type { ClusterSize } from '../model/config.js';
import { Proofs, certificatesIn, statementName, withoutProofs } from './proofs.js';

export interface IncompleteNewView {
  readonly newView: Verified<NewView>;
  readonly missing: readonly Digest[];
}

/** View-changes that are asked for with their proofs at a time, for each replica. */
const MAX_ASKED_EACH = 4;
/**
 * Proven view-changes beyond a quorum that are worth checking: the primary's quorum is nearly the same,
 * since what is broadcast comes everywhere in nearly the same order, and what differs is fetched.
 */
const SPARE = 2;

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
  /** How often view-changes were asked for: others take turns to be asked. */
  fetchRounds = 0;
  private readonly latest = new Map<ReplicaId, Verified<ViewChange>>();
  private readonly fetched = new Map<Digest, Verified<ViewChange>>();
  /** Those that this replica's own new-view stands on: who made them may have moved on. */
  private made: readonly Verified<ViewChange>[] = [];
  private readonly proofs = new Proofs();
  /** How often each replica asked for a view that has begun, since it began: helpers take turns by it. */
  private readonly calls = new Map<ReplicaId, number>();
  /** View-changes that were asked for with their proofs. */
  private readonly asked = new Set<Digest>();

  constructor(private readonly size: ClusterSize) {}

  /** Takes what is wanted, or the latest of its replica, or that once more with its proofs. */
  add(viewChange: Verified<ViewChange>): void {
    const { replica, view, digest } = viewChange;
    const earlier = this.latest.get(replica);
    const isWanted = this.isWanted(viewChange);
    const isLatest = earlier === undefined || earlier.view < view;
    if (!isWanted && !isLatest && earlier.digest !== digest) return;
    this.proofs.learn(certificatesIn(viewChange));
    if (isLatest) this.latest.set(replica, viewChange);
    else if (isWanted) this.fetched.set(digest, viewChange);
  }

  /** What this replica reports is proven by what it holds. */
  learnOwn(certificates: readonly Certificate[]): void {
    this.proofs.learn(certificates);
  }

  /** A certificate that came by itself. @returns whether it proves something that was reported */
  learn(certificate: Verified<Certificate>): boolean {
    return this.isReported(statementName(certificate)) && this.proofs.learn([certificate]);
  }

  private isReported(name: string): boolean {
    for (const each of [...this.latest.values(), ...this.fetched.values()]) {
      if (certificatesIn(each).some((certificate) => statementName(certificate) === name))
        return true;
    }
    return false;
  }

  /** Another call for help of `replica`. @returns how many came before */
  countCall(replica: ReplicaId): number {
    const before = this.calls.get(replica) ?? 0;
    this.calls.set(replica, before + 1);
    return before;
  }

  of(replica: ReplicaId): Verified<ViewChange> | undefined {
    return this.latest.get(replica);
  }

  /** The highest view that f+1 replicas ask for or ask to pass: one of them is honest. */
  get supportedView(): View {
    const views = [...this.latest.values()].map(({ view }) => view).sort((a, b) => b - a);
    return views[this.size.weakQuorum - 1] ?? 0;
  }

  /** What those ask that want a view after `view`. */
  beyond(view: View): readonly Verified<ViewChange>[] {
    return [...this.latest.values()].filter((each) => each.view > view);
  }

  /** How many replicas ask for `view` or a later one. */
  countAsking(view: View): number {
    let count = 0;
    for (const each of this.latest.values()) if (each.view >= view) count += 1;
    return count;
  }

  /** A quorum of proven view-changes for exactly `view`, ascending by replica, if there is one. */
  quorumFor(view: View): readonly Verified<ViewChange>[] | undefined {
    const proven: Verified<ViewChange>[] = [];
    for (const each of this.quorumAsking(view)) {
      const complete = this.proofs.complete(each);
      if (complete !== undefined) proven.push(complete);
      if (proven.length === this.size.quorum) return proven;
    }
    return undefined;
  }

  /** Whether so many view-changes for exactly `view` are here and proven that more are of no use. */
  hasEnoughFor(view: View): boolean {
    let proven = 0;
    for (const each of this.latest.values()) {
      if (each.view === view && this.proofs.complete(each) !== undefined) proven += 1;
    }
    return proven >= this.size.quorum + SPARE;
  }

  /**
   * Of a quorum that asks for exactly `view`, the view-changes to be asked for with their proofs, so
   * that no more than the word of their senders stands behind none. Empty without such a quorum.
   */
  unprovenFor(view: View): readonly Verified<ViewChange>[] {
    return this.cover(this.quorumAsking(view));
  }

  /** All that ask for exactly `view`, ascending by replica; none unless they are a quorum. */
  private quorumAsking(view: View): readonly Verified<ViewChange>[] {
    const asking = [...this.latest.values()].filter((each) => each.view === view);
    return asking.length < this.size.quorum ? [] : asking.sort((a, b) => a.replica - b.replica);
  }

  /** Of `viewChanges` those that, with their proofs, prove what all of them report. */
  private cover(viewChanges: readonly Verified<ViewChange>[]): readonly Verified<ViewChange>[] {
    const mostFirst = viewChanges
      .map((viewChange) => ({ viewChange, unproven: this.proofs.unprovenIn(viewChange) }))
      .sort((a, b) => b.unproven.length - a.unproven.length);
    const covered = new Set<string>();
    return mostFirst.flatMap(({ viewChange, unproven }) => {
      if (unproven.every((name) => covered.has(name))) return [];
      for (const name of unproven) covered.add(name);
      return [viewChange];
    });
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

  /** New-views that wait, each with the view-changes it refers to that are not here, or not proven. */
  get incomplete(): readonly IncompleteNewView[] {
    return [...this.waiting.values()].map((newView) => ({
      newView,
      missing: newView.viewChanges
        .map(({ digest }) => digest)
        .filter((digest) => this.find(digest) === undefined),
    }));
  }

  /**
   * Of those that are missing the ones to be fetched: what is not here at all, and of the others as
   * many as it takes to prove them all.
   */
  toFetch(missing: readonly Digest[]): ReadonlySet<Digest> {
    const here = missing.map((digest) => this.held(digest)).filter((each) => each !== undefined);
    const proving = this.cover(here).map(({ digest }) => digest);
    return new Set([...missing.filter((digest) => this.held(digest) === undefined), ...proving]);
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

  /** Notes that a view-change was asked for with its proofs, so that these are worth checking. */
  ask(digest: Digest): void {
    this.asked.add(digest);
    for (const oldest of this.asked) {
      if (this.asked.size <= MAX_ASKED_EACH * this.size.n) break;
      this.asked.delete(oldest);
    }
  }

  /** Whether the proofs in a view-change with this digest are worth checking. */
  asksFor(digest: Digest): boolean {
    return this.asked.has(digest) && this.find(digest) === undefined;
  }

  /** The view-change with this digest, if it is here and all that it reports is proven. */
  find(digest: Digest): Verified<ViewChange> | undefined {
    const held = this.held(digest);
    return held === undefined ? undefined : this.proofs.complete(held);
  }

  private held(digest: Digest): Verified<ViewChange> | undefined {
    const fetched = this.fetched.get(digest);
    if (fetched !== undefined) return fetched;
    for (const each of this.latest.values()) if (each.digest === digest) return each;
    const ofNewViews = [...this.made, ...(this.current?.viewChanges ?? [])];
    return ofNewViews.find((each) => each.digest === digest);
  }

  /** This replica begins a view on these. */
  beginsOn(viewChanges: readonly Verified<ViewChange>[]): void {
    this.made = viewChanges;
  }

  /** `view` began: what led to it is kept for replicas that missed it. */
  entered({ newView, viewChanges, certificates = [] }: CompleteNewView): void {
    const { view } = newView;
    this.proofs.learn([...certificates, ...viewChanges.flatMap(certificatesIn)]);
    this.current = {
      newView,
      viewChanges: viewChanges.map((each) => this.proofs.complete(each) ?? each),
    };
    for (const [sender, each] of this.waiting) if (each.view <= view) this.waiting.delete(sender);
    this.fetched.clear();
    this.asked.clear();
    this.calls.clear();
    this.made = [];
    for (const [replica, each] of this.latest) if (each.view <= view) this.latest.delete(replica);
    this.proofs.keepOnly(this.latest.values());
  }
}

/** As it is stored: hundreds of certificates in view-changes are few different ones. */
export function storable({ newView, viewChanges }: CompleteNewView): CompleteNewView {
  const distinct = new Map(
    viewChanges.flatMap(certificatesIn).map((each) => [statementName(each), each]),
  );
  const certificates = [...distinct.values()];
  return { newView, viewChanges: viewChanges.map(withoutProofs), certificates };
}
