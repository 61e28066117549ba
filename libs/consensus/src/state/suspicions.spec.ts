import { describe, expect, it } from 'vitest';
import { type Heard, Suspicions } from './suspicions.js';

function said(replica: number, view: number): Heard {
  return { kind: 'suspicion', view, replica, signature: `${replica} of ${view}` };
}

describe('suspicions', () => {
  it('are one of each replica, of the highest view that it named', () => {
    const suspicions = new Suspicions();
    for (const view of [3, 5, 4]) suspicions.add(said(2, view), 100);
    expect([3, 4, 5].map((view) => suspicions.of(view, 0))).toEqual([[], [], [said(2, 5)]]);
  });

  it('count from the last time that they were said', () => {
    const suspicions = new Suspicions();
    suspicions.add(said(2, 3), 100);
    suspicions.add(said(1, 3), 150);
    suspicions.add(said(2, 3), 200);
    expect(suspicions.of(3, 200)).toEqual([said(2, 3)]);
    expect(suspicions.of(3, 201)).toEqual([]);
    expect(suspicions.ofOthers(3, 2)).toEqual([said(1, 3)]);
  });

  it.each([
    ['of this view, just then', true, 3, 100],
    ['of this view, before', false, 3, 101],
    ['of a later view, whenever', true, 2, 101],
    ['of an earlier view', false, 4, 100],
  ])('are known if they are %s: %s', (_, isHeld, view, sinceMs) => {
    const suspicions = new Suspicions();
    suspicions.add(said(2, 3), 100);
    expect(suspicions.holds({ replica: 2, view }, sinceMs)).toBe(isHeld);
    expect(suspicions.holds({ replica: 1, view }, sinceMs)).toBe(false);
  });
});
