import { describe, expect, it } from 'vitest';
import { InvariantViolation, invariant } from './invariants.js';

describe('an invariant', () => {
  it('that holds costs nothing: nobody says what would be wrong', () => {
    expect(() => {
      invariant(true, 'order', () => {
        throw new Error('asked');
      });
    }).not.toThrow();
  });

  it('that does not hold stops the replica, and says which one and why', () => {
    const broken = () => {
      invariant(false, 'order', () => `slot ${2} before ${1}`);
    };
    expect(broken).toThrow(InvariantViolation);
    expect(broken).toThrow(
      expect.objectContaining({
        name: 'InvariantViolation',
        invariant: 'order',
        message: 'invariant "order" violated: slot 2 before 1',
      }),
    );
  });
});
