import { describe, expect, it } from 'vitest';
import { bannerLines, rolesLine } from './banner.js';

const ccro = {
  mode: 'ccro',
  nodes: 4,
  byzantine: [2],
  fault: 'falsify',
  seed: 7,
  primary: 0,
  collector: 3,
} as const;

const pbft = { ...ccro, mode: 'pbft', byzantine: [], collector: undefined } as const;

function shown(lines: readonly string[]): string[] {
  return lines.filter((line) => line !== '');
}

describe('the banner', () => {
  it("says who is who in the seed's words", () => {
    expect(shown(bannerLines(ccro))).toEqual([
      'Total Nodes: 4 -> [0, 1, 2, 3]',
      'Byzantine Nodes: 1 -> [2]',
      'Commander Node: 1 -> 0',
      'Communication Node: 1 -> 3',
      'Fault: falsify (seed 7)',
      'Starting Nodes',
    ]);
    expect(rolesLine(ccro)).toBe('Node 0 is the commander node. Node 3 is the communication node.');
  });

  it('names no communication node in PBFT, which has none', () => {
    expect(shown(bannerLines(pbft))).toEqual([
      'Total Nodes: 4 -> [0, 1, 2, 3]',
      'Byzantine Nodes: 0 -> []',
      'Commander Node: 1 -> 0',
      'Starting Nodes',
    ]);
    expect(rolesLine(pbft)).toBe('Node 0 is the commander node.');
  });
});
