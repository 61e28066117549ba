import { describe, expect, it } from 'vitest';
import { accusationLines, reportLines, type Accusation } from './consensus-report.js';

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

describe('who was caught', () => {
  const by = (...entries: [number, Accusation[]][]) => accusationLines(new Map(entries));

  it('is told once for each deed, with those who saw it', () => {
    const votes = { accused: 3, kind: 'conflicting-votes' };
    const proposals = { accused: 0, kind: 'conflicting-proposals' };
    expect(by([0, [votes]], [1, [votes, votes]], [2, [proposals]])).toEqual([
      'Node 0 proposed different data to different nodes (seen by node 2)',
      'Node 3 signed two different votes for one slot (seen by node 0, node 1)',
    ]);
  });

  it('is ordered by number', () => {
    const kind = 'vote-against-decision';
    const lines = by([0, [10, 9, 2].map((accused) => ({ accused, kind }))]);
    expect(lines.map((line) => line.split(' ')[1])).toEqual(['2', '9', '10']);
  });

  it('does not list a whole big cluster', () => {
    const collector = { accused: 4, kind: 'collector-failed' };
    const entries = Array.from({ length: 8 }, (_, id): [number, Accusation[]] => [id, [collector]]);
    expect(by(...entries)).toEqual([
      'Node 4 sent no certificates in time ' +
        '(seen by node 0, node 1, node 2, node 3, node 4 and 3 more)',
    ]);
  });

  it('keeps a deed it has no words for', () => {
    expect(by([1, [{ accused: 2, kind: 'new-kind' }]])).toEqual([
      'Node 2 new-kind (seen by node 1)',
    ]);
  });

  it('is nobody when there is no evidence', () => {
    expect(by([0, []], [1, []])).toEqual([]);
  });
});
