/**
 * Which replicas suspect the primary of a view. How many it takes to leave it is decided in
 * `view-change/suspecting.ts`.
 *
 * Invariant kept here (bounded memory): one suspicion a replica, of the highest view it named.
 */

import type { ReplicaId, View } from '../messages/ids.js';
import type { Suspicion, Unsigned } from '../messages/index.js';
import type { ViewChangeReason } from '../model/effect.js';

/** One that came from another replica is signed; this replica's own is signed as it is sent. */
export type Heard = Suspicion | Unsigned<Suspicion>;

export class Suspicions {
  /** Why this replica suspected a primary, the last time that it did. */
  own: ViewChangeReason | undefined;
  private readonly latest = new Map<ReplicaId, { readonly said: Heard; readonly atMs: number }>();

  /** An earlier view than the replica named before is old news. */
  add(said: Heard, nowMs: number): void {
    const earlier = this.latest.get(said.replica);
    if (earlier === undefined || earlier.said.view <= said.view) {
      this.latest.set(said.replica, { said, atMs: nowMs });
    }
  }

  /** Those of `view` that were said since `sinceMs`: who still suspects says so again. */
  of(view: View, sinceMs: number): readonly Heard[] {
    return [...this.latest.values()]
      .filter(({ said, atMs }) => said.view === view && atMs >= sinceMs)
      .map(({ said }) => said);
  }

  /** Those of `view`, without this replica's own. */
  ofOthers(view: View, self: ReplicaId): readonly Suspicion[] {
    return this.of(view, 0).filter((said): said is Suspicion => said.replica !== self);
  }

  /** Whether `replica` suspected the primary of this view, or a later one, since `sinceMs`. */
  holds({ replica, view }: Pick<Suspicion, 'replica' | 'view'>, sinceMs: number): boolean {
    const known = this.latest.get(replica);
    if (known === undefined) return false;
    return known.said.view > view || (known.said.view === view && known.atMs >= sinceMs);
  }
}
