import { describe, expect, it } from 'vitest';
import { replicaState } from '../replica-bench.testkit.js';

describe('what a replica starts with', () => {
  it('has put nothing off and waits for no new view', () => {
    const state = replicaState(0);
    expect(state.putOff).toEqual([]);
    expect(state.newViewTimed).toBe(false);
  });
});

describe('how long a replica waits', () => {
  it.each([
    [4, 0, 2000],
    [4, 1, 2000],
    [4, 2, 4000],
    [4, 4, 16_000],
    [4, 99, 512_000],
    [100, 0, 6000],
  ])('for a view, of %i replicas and after %i failed ones: %i ms', (n, failedViews, expected) => {
    const state = replicaState(0, { n });
    state.failedViews = failedViews;
    expect(state.viewTimeoutMs).toBe(expected);
  });

  it.each([
    [4, 20, 2000],
    [200, 400, 4000],
  ])('for a certificate of %i replicas: %i to %i ms', (n, min, max) => {
    const { certificateDelay } = replicaState(0, { n });
    expect(certificateDelay.timeoutMs(9)).toBe(max);
    for (let sample = 0; sample < 100; sample += 1) certificateDelay.observe(1);
    expect(certificateDelay.timeoutMs(0)).toBe(min);
  });

  it.each([
    [1, 1, 6],
    [4, 1, 6],
    [16, 4, 24],
  ])('for the last votes of %i replicas: %i to %i ms', (n, min, max) => {
    const { fastPath } = replicaState(0, { n });
    expect(fastPath.waitMs).toBe(max);
    fastPath.reachedAll(0);
    expect(fastPath.waitMs).toBe(min);
  });

  it('for the last votes longer where a certificate takes long', () => {
    const { fastPath, certificateDelay } = replicaState(0);
    certificateDelay.observe(400);
    expect(fastPath.waitMs).toBe(100);
  });
});

describe('which budget a decision is sent from', () => {
  it('is another one for who was sent it before', () => {
    const state = replicaState(0);
    state.noteDecision(1, 10);
    expect([1, 2].map((to) => state.decisionKind(1, to))).toEqual(['decisions', 'decisions']);
    state.noteSent(1, 2);
    expect([1, 2].map((to) => state.decisionKind(1, to))).toEqual(['decisions', 'again']);
    expect(state.decisionKind(2, 2)).toBe('decisions');
  });
});

describe('how much a decision takes', () => {
  it('is remembered for two windows, and the most that it may be from then on', () => {
    const state = replicaState(0, { windowSlots: 8, maxBatchCharacters: 1000 });
    expect(state.decisionBytes(1)).toBe(1000);
    state.noteDecision(1, 10);
    state.noteDecision(16, 20);
    expect([1, 16].map((sequence) => state.decisionBytes(sequence))).toEqual([10, 20]);
    state.noteDecision(17, 30);
    expect([1, 16, 17].map((sequence) => state.decisionBytes(sequence))).toEqual([1000, 20, 30]);
  });
});
