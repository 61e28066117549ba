import { describe, expect, it } from 'vitest';
import { comparisonTable, type ComparisonRow } from './comparison-table.js';

const row: ComparisonRow = {
  mode: 'ccro',
  scenario: 'one offline',
  result: 'right',
  primary: '0, then 1',
  consensusTimeMs: 2.913,
  deliveries: 26,
  deliveredBytes: 9810,
  nodes: [
    { id: 0, correct: 4, corrupt: 1 },
    { id: 3, correct: null, corrupt: null },
  ],
  accused: ['Node 3 lied'],
};

/** The table's cells, line by line, without its frame. */
function cells(rows: readonly ComparisonRow[]): string[][] {
  return comparisonTable(rows)
    .split('\n')
    .filter((line) => line.startsWith('│'))
    .map((line) =>
      line
        .split('│')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

describe('the comparison table', () => {
  it('has a line for each node of a case', () => {
    expect(cells([row])).toEqual([
      [
        'System',
        'Case',
        'Commander',
        'Consensus time',
        'Delivered',
        'Bytes',
        'Result',
        'Correct / corrupt per node',
        'Caught or suspected',
      ],
      [
        'CCRO',
        'one offline',
        '0, then 1',
        '0.002913s',
        '26',
        '9810',
        'right',
        '0: 4 / 1',
        'Node 3 lied',
      ],
      ['', '', '', '', '', '', '', '3: no reply', ''],
    ]);
  });

  it('says what is wrong or open, and shows no time of what was not decided', () => {
    const [, wrong, , pending] = cells([
      { ...row, result: 'wrong' },
      { ...row, result: 'pending', consensusTimeMs: undefined, nodes: [] },
    ]);
    expect(wrong?.[6]).toBe('WRONG');
    expect(pending?.slice(3, 7)).toEqual(['-', '26', '9810', 'pending, nothing wrong']);
  });

  it('is plain text', () => {
    const escape = String.fromCodePoint(0x1b);
    expect(comparisonTable([row])).not.toContain(escape);
  });
});
