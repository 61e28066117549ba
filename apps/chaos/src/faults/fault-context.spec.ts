import { describe, expect, it } from 'vitest';
import { AffectedNodes } from './fault-context.js';

describe('the list of affected nodes', () => {
  it('never holds more than f', () => {
    const affected = new AffectedNodes(2);
    affected.take(1, 'kill');
    affected.take(3, 'freeze');
    expect(() => affected.take(0, 'kill')).toThrow('2 nodes are affected already');
    expect(affected.wellAmong(4)).toEqual([0, 2]);
    affected.release(1);
    expect(affected.whatAffects(1)).toBeUndefined();
    affected.take(0, 'kill');
    expect(affected.wellAmong(4)).toEqual([1, 2]);
  });

  it('holds a node once', () => {
    const affected = new AffectedNodes(2);
    affected.take(1, 'kill');
    expect(() => affected.take(1, 'freeze')).toThrow('node 1 is affected already (kill)');
  });
});
