import { describe, expect, it } from 'vitest';
import { clusterSize } from '../config.js';
import type { NewView, Verified, ViewChange } from '../messages.js';
import { ViewChanges } from './view-changes.js';

function viewChange(view: number, digest: string, replica: number): Verified<ViewChange> {
  const stable = { sequence: 0, digest: '', certificate: null };
  const made: ViewChange = {
    ...{ kind: 'view-change', view, stable, slots: [] },
    ...{ replica, digest, signature: 's' },
  };
  return made as Verified<ViewChange>;
}

function newView(view: number, digests: readonly string[]): Verified<NewView> {
  const viewChanges = digests.map((digest, replica) => ({ replica, digest }));
  const made: NewView = {
    ...{ kind: 'new-view', view, viewChanges, reproposals: [] },
    ...{ replica: 3, signature: 's' },
  };
  return made as Verified<NewView>;
}

/** Who made what a new-view refers to asks for later views by now. */
function movedOn(): ViewChanges {
  const viewChanges = new ViewChanges(clusterSize(4));
  for (const replica of [0, 1, 2]) viewChanges.add(viewChange(20, `later ${replica}`, replica));
  return viewChanges;
}

describe('view-changes that were fetched', () => {
  const digests = ['a', 'b', 'c'];

  it('are kept as long as a new-view waits that refers to them, and no longer', () => {
    const viewChanges = movedOn();
    const waits = newView(7, digests);
    viewChanges.await(waits);
    digests.forEach((digest, replica) => viewChanges.add(viewChange(7, digest, replica)));
    for (const digest of digests) expect(viewChanges.find(digest)).toBeDefined();
    viewChanges.dismiss(waits);
    for (const digest of digests) expect(viewChanges.find(digest)).toBeUndefined();
  });

  it('go when the same replica comes with another new-view', () => {
    const viewChanges = movedOn();
    viewChanges.await(newView(7, digests));
    digests.forEach((digest, replica) => viewChanges.add(viewChange(7, digest, replica)));
    viewChanges.await(newView(11, ['d', 'e', 'f']));
    for (const digest of digests) expect(viewChanges.find(digest)).toBeUndefined();
  });

  it('A6, sibling: are those of the replica and the view that they are named for', () => {
    const viewChanges = new ViewChanges(clusterSize(4));
    viewChanges.await(newView(7, digests));
    expect(viewChanges.isWanted(viewChange(7, 'a', 0))).toBe(true);
    expect(viewChanges.isWanted(viewChange(7, 'a', 1))).toBe(false);
    expect(viewChanges.isWanted(viewChange(6, 'a', 0))).toBe(false);
    expect(viewChanges.isWanted(viewChange(7, 'd', 0))).toBe(false);
  });
});
