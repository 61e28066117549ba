import { describe, expect, it } from 'vitest';
import { Casualties } from './casualties.js';

describe('the list of affected nodes', () => {
  it('never holds more than f', () => {
    const casualties = new Casualties(2);
    casualties.take(1, 'kill');
    casualties.take(3, 'freeze');
    expect(() => casualties.take(0, 'kill')).toThrow('2 nodes are affected already');
    expect(casualties.wellAmong(4)).toEqual([0, 2]);
    casualties.release(1);
    expect(casualties.whatAffects(1)).toBeUndefined();
    casualties.take(0, 'kill');
    expect(casualties.wellAmong(4)).toEqual([1, 2]);
  });

  it('holds a node once', () => {
    const casualties = new Casualties(2);
    casualties.take(1, 'kill');
    expect(() => casualties.take(1, 'freeze')).toThrow('node 1 is affected already (kill)');
  });
});
