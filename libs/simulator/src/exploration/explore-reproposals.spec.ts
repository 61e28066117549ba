import { describe, expect, it } from 'vitest';
import { Random } from '../random.js';
import { exploreReproposals, SlotExploration } from './explore-reproposals.js';

describe('the re-proposal rule, explored', () => {
  it.each([4, 5, 6, 7, 10])('n = %i: no two digests are ever decided, by either path', (n) => {
    const random = new Random(n);
    let decided = 0;
    for (let run = 0; run < 2_000; run += 1) {
      const exploration = new SlotExploration(n, random);
      exploration.run(random.pick([40, 80, 140]));
      expect(exploration.decided.size).toBeLessThan(2);
      decided += exploration.decided.size;
    }
    expect(decided).toBeGreaterThan(200);
  });

  it('gives the same for the same seed, and decides something in many slots', () => {
    const report = exploreReproposals(3);
    expect(exploreReproposals(3)).toEqual(report);
    expect(report.violations).toEqual([]);
    expect(report.decided).toBeGreaterThan(200);
  });
});
