import { describe, expect, it } from 'vitest';
import { ShownState } from './shown-state.js';

/** A state whose digest takes so long to make. */
class SlowState {
  made = 0;
  nowMs = 0;
  readonly shown: ShownState;

  constructor(ms: number) {
    const digest = (): string => {
      this.made += 1;
      this.nowMs += ms;
      return `digest ${this.made}`;
    };
    this.shown = new ShownState(digest, () => this.nowMs);
  }
}

describe('I7, sibling: the state digest that a node shows', () => {
  it('is made once for each slot', () => {
    const state = new SlowState(0);
    expect(state.shown.at(1)).toEqual({ stateAt: 1, stateDigest: 'digest 1' });
    expect(state.shown.at(1)).toEqual({ stateAt: 1, stateDigest: 'digest 1' });
    expect(state.shown.at(2)).toEqual({ stateAt: 2, stateDigest: 'digest 2' });
  });

  it('takes a twentieth of the time at most, whoever asks how often, and says of which slot it is', () => {
    const state = new SlowState(100);
    for (let slot = 1; slot <= 1000; slot += 1) {
      const { stateAt } = state.shown.at(slot);
      expect(stateAt).toBeLessThanOrEqual(slot);
      state.nowMs += 10;
    }
    expect(state.made * 100).toBeLessThanOrEqual(state.nowMs / 20 + 100);
    expect(state.made).toBeGreaterThan(3);
    state.nowMs += 2000;
    expect(state.shown.at(1000).stateAt).toBe(1000);
  });
});
