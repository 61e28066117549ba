import { describe, expect, it } from 'vitest';
import { certificate } from '../replica-bench.testkit.js';
import { decides, maxFaulty, primaryOf, quorumSize, weakQuorumSize } from './quorum.js';

const SIZES = Array.from({ length: 400 }, (_, index) => index + 1);

describe('quorums (PBFT, section 3; scenario 72)', () => {
  it.each([
    [1, 0, 1],
    [4, 1, 3],
    [5, 1, 4],
    [6, 1, 4],
    [7, 2, 5],
    [31, 10, 21],
    [91, 30, 61],
    [301, 100, 201],
  ])('n = %i tolerates %i and needs %i votes', (n, f, quorum) => {
    expect(maxFaulty(n)).toBe(f);
    expect(quorumSize(n)).toBe(quorum);
  });

  it('any two quorums share an honest replica, for every n', () => {
    const broken = SIZES.filter((n) => 2 * quorumSize(n) - n < maxFaulty(n) + 1);
    expect(broken).toEqual([]);
  });

  it('the honest replicas alone are a quorum, for every n', () => {
    expect(SIZES.filter((n) => n - maxFaulty(n) < quorumSize(n))).toEqual([]);
  });

  it('a quorum is never larger than intersection demands, for every n', () => {
    expect(SIZES.filter((n) => 2 * (quorumSize(n) - 1) - n >= maxFaulty(n) + 1)).toEqual([]);
  });

  it('a weak quorum holds an honest replica, and a quorum holds a weak quorum of honest ones', () => {
    expect(SIZES.filter((n) => weakQuorumSize(n) <= maxFaulty(n))).toEqual([]);
    expect(SIZES.filter((n) => quorumSize(n) - maxFaulty(n) < weakQuorumSize(n))).toEqual([]);
  });

  it('the primary goes round with the view', () => {
    expect([0, 1, 2, 3, 4, 9].map((view) => primaryOf(view, 4))).toEqual([0, 1, 2, 3, 0, 1]);
  });

  it.each([
    ['commit', 3, true],
    ['prepare', 3, false],
    ['prepare', 4, true],
    ['checkpoint', 4, false],
  ] as const)('a %s certificate of %i among four decides a slot: %s', (phase, count, expected) => {
    const signers = Array.from({ length: count }, (_, replica) => ({ replica, digest: 'd' }));
    expect(decides(certificate(phase, signers), 4)).toBe(expected);
  });
});
