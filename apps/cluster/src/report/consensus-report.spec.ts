import { describe, expect, it } from 'vitest';
import { accusationLines, reportLines, type Suspect } from './consensus-report.js';

describe('the report of a decision', () => {
  it("has the time and each node's votes, in the seed's words", () => {
    const nodes = [
      { id: 0, reply: 'matching', correct: 4, corrupt: 0 },
      { id: 1, reply: 'matching', correct: 3, corrupt: 2 },
      { id: 2, reply: 'none', correct: null, corrupt: null },
      { id: 3, reply: 'false', correct: 4, corrupt: 0 },
    ] as const;
    expect(reportLines({ mode: 'ccro', consensusTimeMs: 2.913, nodes })).toEqual([
      'CCRO Consensus Time: 0.002913s',
      'Node 0 -> 4 Correct 0 Corrupt',
      'Node 1 -> 3 Correct 2 Corrupt',
      'Node 2 -> no reply',
      'Node 3 -> 4 Correct 0 Corrupt (and replied with a false result)',
    ]);
  });

  it('shows long times as seconds too', () => {
    expect(reportLines({ mode: 'pbft', consensusTimeMs: 12_345.6789, nodes: [] })).toEqual([
      'PBFT Consensus Time: 12.345679s',
    ]);
  });
});

describe('who is accused', () => {
  const suspect = (id: number, kind: string, said: Partial<Suspect> = {}): Suspect => ({
    ...{ id, kind, standing: 'proven', restsOn: 'what it signed', witnesses: [0, 1] },
    ...said,
  });

  it('H2: is caught only when it is proven; a suspicion is called one, with what it rests on', () => {
    const lines = accusationLines([
      suspect(3, 'conflicting-votes'),
      suspect(0, 'vote-against-decision', { standing: 'signed', witnesses: [2] }),
      suspect(2, 'collector-failed', { standing: 'suspected', restsOn: 'silence' }),
      suspect(1, 'conflicting-votes', { standing: 'suspected', restsOn: 'its word' }),
    ]);
    expect(lines).toEqual([
      'Node 0 voted for other data than was decided (seen by node 2; what it signed)',
      'Suspected: node 1 signed two different votes for one slot ' +
        '(says node 0, node 1; no proof: its word)',
      'Suspected: node 2 sent no certificates in time ' +
        '(says node 0, node 1; no proof: silence)',
      'Caught: node 3 signed two different votes for one slot ' +
        '(seen by node 0, node 1; proof: what it signed)',
    ]);
  });

  it('are not those whom a convicted primary misled; a suspicion of it excuses nobody', () => {
    const vote = suspect(1, 'vote-against-decision', { standing: 'signed' });
    const primary = suspect(0, 'conflicting-proposals');
    expect(accusationLines([primary, vote])).toHaveLength(1);
    expect(accusationLines([{ ...primary, standing: 'suspected' }, vote])).toHaveLength(2);
  });

  it('is ordered by number', () => {
    const lines = accusationLines([10, 9, 2].map((id) => suspect(id, 'vote-against-decision')));
    expect(lines.map((line) => line.split(' ')[2])).toEqual(['2', '9', '10']);
  });

  it('does not list a whole big cluster', () => {
    const witnesses = Array.from({ length: 8 }, (_, id) => id);
    expect(accusationLines([suspect(9, 'collector-failed', { witnesses })])[0]).toContain(
      'seen by node 0, node 1, node 2, node 3, node 4 and 3 more;',
    );
  });

  it('keeps a deed it has no words for', () => {
    expect(accusationLines([suspect(2, 'new-kind')])[0]).toContain('node 2 new-kind (');
  });

  it('is nobody when there is no evidence', () => {
    expect(accusationLines([])).toEqual([]);
  });
});
