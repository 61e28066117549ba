import { describe, expect, it } from 'vitest';
import type { Certificate, NewView, Verified, ViewChange } from '../messages/index.js';
import { clusterSize } from '../model/config.js';
import { certified } from '../replica-bench.testkit.js';
import { withoutProofs } from './proofs.js';
import { ViewChanges } from './view-changes.js';

/** That of `replica`, which reports a prepare certificate at each of `prepared`. */
function viewChange(
  view: number,
  digest: string,
  replica: number,
  ...prepared: readonly number[]
): Verified<ViewChange> {
  const stable = { sequence: 0, digest: '', certificate: null };
  const slots = prepared.map((sequence) => ({
    ...{ sequence, vote: null },
    certificate: proofAt(sequence),
  }));
  const made: ViewChange = {
    ...{ kind: 'view-change', view, stable, slots },
    ...{ replica, digest, signature: 's' },
  };
  return made as Verified<ViewChange>;
}

/** The same as it is broadcast: without what proves the certificates. */
function claims(...args: Parameters<typeof viewChange>): Verified<ViewChange> {
  return withoutProofs(viewChange(...args));
}

function proofAt(sequence: number): Verified<Certificate<'prepare'>> {
  return { ...certified('prepare', 'b'), sequence } as Verified<Certificate<'prepare'>>;
}

function newView(view: number, digests: readonly string[], sender = 3): Verified<NewView> {
  const viewChanges = digests.map((digest, replica) => ({ replica, digest }));
  const made: NewView = {
    ...{ kind: 'new-view', view, viewChanges, reproposals: [] },
    ...{ replica: sender, signature: 's' },
  };
  return made as Verified<NewView>;
}

/** A replica of four that was sent these. */
function heard(...viewChanges: readonly Verified<ViewChange>[]): ViewChanges {
  const all = new ViewChanges(clusterSize(4));
  for (const each of viewChanges) all.add(each);
  return all;
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
    viewChanges.add(viewChange(7, 'a', 0));
    expect(viewChanges.isWanted(viewChange(7, 'a', 0))).toBe(false);
  });

  it('are kept while another new-view comes, and goes, of another replica', () => {
    const viewChanges = movedOn();
    viewChanges.await(newView(7, digests));
    viewChanges.add(viewChange(7, 'a', 0));
    const other = newView(6, ['d', 'e', 'f'], 2);
    viewChanges.await(other);
    expect(viewChanges.find('a')).toBeDefined();
    viewChanges.dismiss(other);
    expect(viewChanges.find('a')).toBeDefined();
  });

  it('are kept though who made them moves on, if they came for their proofs', () => {
    const viewChanges = heard(claims(7, 'a', 0, 1));
    viewChanges.await(newView(7, digests));
    viewChanges.add(viewChange(7, 'a', 0, 1));
    viewChanges.add(viewChange(8, 'later', 0));
    expect(viewChanges.find('a')).toEqual(viewChange(7, 'a', 0, 1));
  });
});

describe('what is known of who asks for a view', () => {
  it('is the first view-change of the highest view that it asked for', () => {
    const first = viewChange(7, 'first', 0);
    const viewChanges = heard(viewChange(5, 'a', 0), first);
    viewChanges.add(viewChange(7, 'second', 0));
    viewChanges.add(viewChange(6, 'earlier', 0));
    expect(viewChanges.of(0)).toBe(first);
    for (const digest of ['a', 'second', 'earlier']) {
      expect(viewChanges.find(digest)).toBeUndefined();
    }
  });

  it('is forgotten as it asks for a later one, however often it said so', () => {
    const viewChanges = heard(claims(7, 'a', 0, 1), viewChange(7, 'a', 0, 1));
    viewChanges.add(viewChange(8, 'later', 0));
    expect(viewChanges.find('a')).toBeUndefined();
  });

  it.each([
    ['by the same again, with its proofs', true, viewChange(7, 'a', 0, 1)],
    ['by that of another replica, with proofs', true, viewChange(7, 'b', 1, 1)],
    ['not by another one of the same view', false, viewChange(7, 'x', 0, 1)],
    ['not by an earlier one', false, viewChange(6, 'x', 0, 1)],
  ])('has its report proven %s', (_, isProven, proving) => {
    const viewChanges = heard(claims(7, 'a', 0, 1));
    expect(viewChanges.find('a')).toBeUndefined();
    viewChanges.add(proving);
    expect(viewChanges.find('a') !== undefined).toBe(isProven);
  });

  it('is proven by a certificate that comes alone, and only what was reported is learnt', () => {
    const viewChanges = heard(claims(7, 'a', 0, 1, 2));
    expect(viewChanges.learn(proofAt(3))).toBe(false);
    expect(viewChanges.learn(proofAt(1))).toBe(true);
    expect(viewChanges.learn(proofAt(1))).toBe(false);
    expect(viewChanges.learn(proofAt(2))).toBe(true);
    expect(viewChanges.find('a')).toEqual(viewChange(7, 'a', 0, 1, 2));
    // Nobody had reported it when it came.
    viewChanges.add(claims(7, 'b', 1, 3));
    expect(viewChanges.find('b')).toBeUndefined();
  });

  it('counts for the view it asks for and those before', () => {
    const viewChanges = heard(viewChange(5, 'a', 0), viewChange(7, 'b', 1), viewChange(6, 'c', 2));
    expect([5, 6, 7, 8].map((view) => viewChanges.countAsking(view))).toEqual([3, 2, 1, 0]);
    expect(viewChanges.beyond(5).map(({ digest }) => digest)).toEqual(['b', 'c']);
  });

  it.each([[[]], [[7]], [[5, 6, 7]], [[7, 6, 5]], [[5, 7, 6]], [[6, 5, 7]]])(
    'supports the highest view that f + 1 ask for or ask to pass: %j',
    (views) => {
      const asking = views.map((view, replica) => viewChange(view, `vc${replica}`, replica));
      expect(heard(...asking).supportedView).toBe(views.length < 2 ? 0 : 6);
    },
  );

  it('how often it called for help is counted from one view to the next', () => {
    const viewChanges = heard();
    expect([1, 1, 2, 1].map((replica) => viewChanges.countCall(replica))).toEqual([0, 1, 0, 2]);
    viewChanges.entered({ newView: newView(7, []), viewChanges: [] });
    expect(viewChanges.countCall(1)).toBe(0);
  });
});

describe('a quorum for a view', () => {
  const digestsOf = (viewChanges: readonly ViewChange[] | undefined) =>
    viewChanges?.map(({ digest }) => digest);
  const ofFirst = (count: number, view = 7) =>
    Array.from({ length: count }, (_, replica) => viewChange(view, `vc${replica}`, replica));

  it('is of those that ask for exactly this view, ascending', () => {
    const viewChanges = heard(...ofFirst(2), viewChange(8, 'later', 3));
    expect(viewChanges.quorumFor(7)).toBeUndefined();
    viewChanges.add(viewChange(7, 'vc2', 2));
    expect(digestsOf(viewChanges.quorumFor(7))).toEqual(['vc0', 'vc1', 'vc2']);
    expect(viewChanges.quorumFor(8)).toBeUndefined();
  });

  it('leaves out whose report nothing proves', () => {
    const viewChanges = heard(claims(7, 'x', 1, 1), viewChange(7, 'd', 3), viewChange(7, 'c', 2));
    expect(viewChanges.quorumFor(7)).toBeUndefined();
    viewChanges.add(viewChange(7, 'a', 0));
    expect(digestsOf(viewChanges.quorumFor(7))).toEqual(['a', 'c', 'd']);
  });

  it('asks for proofs only once it is there', () => {
    const viewChanges = heard(claims(7, 'a', 0, 1), viewChange(7, 'b', 1));
    viewChanges.add(claims(8, 'd', 3, 2));
    expect(viewChanges.unprovenFor(7)).toEqual([]);
    viewChanges.add(viewChange(7, 'c', 2));
    expect(digestsOf(viewChanges.unprovenFor(7))).toEqual(['a']);
  });

  it.each([
    ['one that reports more than the others', [[1], [1, 2, 3], [2, 3]], ['vc1']],
    ['the same, first', [[1, 2, 3], [1], [2, 3]], ['vc0']],
    ['the same, last', [[1], [2, 3], [1, 2, 3]], ['vc2']],
    ['as many as it takes, those that report more first', [[1], [1, 2], [2, 3, 4]], ['vc2', 'vc1']],
    ['none that reports nothing', [[], [1], []], ['vc1']],
  ])('asks for the proofs of %s', (_, reports, asked) => {
    const viewChanges = heard(
      ...reports.map((sequences, replica) => claims(7, `vc${replica}`, replica, ...sequences)),
    );
    expect(digestsOf(viewChanges.unprovenFor(7))).toEqual(asked);
    expect([...viewChanges.toFetch(['vc0', 'vc1', 'vc2'])]).toEqual(asked);
  });

  it('is enough with two to spare of this view that are proven', () => {
    const viewChanges = new ViewChanges(clusterSize(10));
    for (const each of ofFirst(8)) viewChanges.add(each);
    viewChanges.add(viewChange(8, 'later', 8));
    expect(viewChanges.hasEnoughFor(7)).toBe(false);
    viewChanges.add(viewChange(7, 'vc9', 9));
    expect(viewChanges.hasEnoughFor(7)).toBe(true);
    expect(viewChanges.hasEnoughFor(8)).toBe(false);
  });
});

describe('new-views that wait', () => {
  it('are one of each sender, that of the highest view, and the first of that', () => {
    const viewChanges = heard();
    const first = newView(7, ['a']);
    expect(viewChanges.await(newView(3, []))).toBe(true);
    expect(viewChanges.await(first)).toBe(true);
    for (const view of [3, 7]) expect(viewChanges.await(newView(view, ['b']))).toBe(false);
    expect(viewChanges.await(newView(2, [], 2))).toBe(true);
    expect(viewChanges.awaited(3)).toBe(first);
    expect(viewChanges.incomplete).toMatchObject([
      { newView: first, missing: ['a'] },
      { missing: [] },
    ]);
  });

  it('are given up one by one: a later one of the same sender goes on waiting', () => {
    const viewChanges = heard();
    const [earlier, later] = [newView(3, []), newView(7, [])];
    viewChanges.await(earlier);
    viewChanges.await(later);
    viewChanges.dismiss(earlier);
    expect(viewChanges.awaited(3)).toBe(later);
    viewChanges.dismiss(later);
    expect(viewChanges.awaited(3)).toBeUndefined();
  });
});

describe('view-changes that were asked for with their proofs', () => {
  it('are worth checking until they are here and proven', () => {
    const viewChanges = heard(claims(7, 'a', 0, 1));
    expect(viewChanges.asksFor('a')).toBe(false);
    viewChanges.ask('a');
    expect(viewChanges.asksFor('a')).toBe(true);
    viewChanges.add(viewChange(7, 'a', 0, 1));
    expect(viewChanges.asksFor('a')).toBe(false);
  });

  it('are four a replica at most: the oldest are forgotten', () => {
    const viewChanges = heard();
    const asked = Array.from({ length: 18 }, (_, index) => `vc${index}`);
    for (const digest of asked.slice(0, 16)) viewChanges.ask(digest);
    expect(asked.filter((digest) => viewChanges.asksFor(digest))).toEqual(asked.slice(0, 16));
    for (const digest of asked.slice(16)) viewChanges.ask(digest);
    expect(asked.filter((digest) => viewChanges.asksFor(digest))).toEqual(asked.slice(2));
  });

  it('are those for the view that is to begin', () => {
    const viewChanges = heard();
    viewChanges.ask('a');
    viewChanges.entered({ newView: newView(7, []), viewChanges: [] });
    expect(viewChanges.asksFor('a')).toBe(false);
  });
});

describe('the view-changes that a view began on', () => {
  const stoodOn = [0, 1, 2].map((replica) => viewChange(7, `vc${replica}`, replica, replica + 1));
  const begun = newView(7, ['vc0', 'vc1', 'vc2']);

  it('are found while it is made, though who made them moves on', () => {
    const viewChanges = heard(...stoodOn);
    viewChanges.beginsOn(stoodOn);
    viewChanges.add(viewChange(8, 'later', 0));
    expect(viewChanges.find('vc0')).toEqual(stoodOn[0]);
  });

  it('are kept with their proofs, however these came', () => {
    const certificates = [1, 2, 3].map(proofAt);
    const stored = stoodOn.map(withoutProofs);
    const viewChanges = heard();
    viewChanges.entered({ newView: begun, viewChanges: stored, certificates });
    expect(viewChanges.current).toEqual({ newView: begun, viewChanges: stoodOn });
    for (const each of stoodOn) expect(viewChanges.find(each.digest)).toEqual(each);
  });

  it('are all that is left of its view and those before', () => {
    const [later, another] = [newView(9, [], 1), newView(8, [], 0)];
    const viewChanges = heard(viewChange(6, 'vc3', 3), ...stoodOn.slice(1), viewChange(8, 'x', 0));
    for (const each of [begun, newView(6, [], 2), later, another]) viewChanges.await(each);
    viewChanges.entered({ newView: begun, viewChanges: stoodOn });
    expect([0, 1, 2, 3].map((replica) => viewChanges.awaited(replica))).toEqual([
      another,
      later,
      undefined,
      undefined,
    ]);
    expect([0, 1, 2, 3].map((replica) => viewChanges.of(replica)?.digest)).toEqual([
      'x',
      undefined,
      undefined,
      undefined,
    ]);
    expect(viewChanges.find('vc3')).toBeUndefined();
  });

  it('prove no more once the next view has begun', () => {
    const viewChanges = heard(claims(9, 'x', 0, 1));
    viewChanges.entered({ newView: begun, viewChanges: [] });
    for (const each of [claims(9, 'y', 1, 2), claims(9, 'z', 2, 1)]) viewChanges.add(each);
    viewChanges.entered({ newView: newView(8, [], 0), viewChanges: [viewChange(8, 'w', 3, 2, 4)] });
    viewChanges.add(claims(9, 'v', 3, 4));
    expect(viewChanges.find('y')).toBeDefined();
    for (const digest of ['v', 'x', 'z']) expect(viewChanges.find(digest)).toBeUndefined();
  });
});
