import { describe, expect, it } from 'vitest';
import { FIRST_FORM, requestOf, SEED_FORM, toggled } from './experiment-request.js';

describe('the form of an experiment', () => {
  it('asks for what is typed', () => {
    expect(requestOf(FIRST_FORM)).toEqual({
      mode: ['pbft', 'ccro'],
      byzantine: [1, 3, 5],
      fault: ['offline', 'falsify'],
      rounds: 3,
    });
    expect(requestOf(SEED_FORM)).toMatchObject({ byzantine: [1, 5, 10, 15, 20, 25, 30] });
    expect(requestOf({ ...FIRST_FORM, sizedBy: 'nodes', sizes: ' 4;16,  31 ' })).toMatchObject({
      nodes: [4, 16, 31],
    });
  });

  it('says what is missing', () => {
    expect(requestOf({ ...FIRST_FORM, sizes: ' , ' })).toBe('Give at least one size.');
    expect(requestOf({ ...FIRST_FORM, sizes: '4, x' })).toContain('“x” is no whole number');
    expect(requestOf({ ...FIRST_FORM, mode: [] })).toContain('at least one mode');
    expect(requestOf({ ...FIRST_FORM, fault: [] })).toContain('at least one fault');
  });

  it('keeps the order of what can be chosen', () => {
    expect(toggled(['a', 'b', 'c'], ['c'], 'a')).toEqual(['a', 'c']);
    expect(toggled(['a', 'b', 'c'], ['a', 'c'], 'a')).toEqual(['c']);
  });
});
