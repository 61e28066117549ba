import type {
  ClusterEvent,
  DecidedEvent,
  EvidenceEvent,
  HelloEvent,
  NodeState,
  SentMessage,
} from '@ccro/telemetry';
import { describe, expect, it } from 'vitest';
import { EMPTY_STATE, type DashboardState } from './dashboard-state.js';
import { currentView, nodeViews, SILENT_AFTER_MS } from './derive.js';
import { SLOT_MS } from './phases.js';
import { LIMITS, reduce } from './reduce.js';
import { accusationText } from './words.js';

const HELLO: HelloEvent = {
  ...{ type: 'hello', cluster: 'local', mode: 'ccro', n: 4, f: 1, quorum: 3, faults: [] },
};

function nodeState(parts: Partial<NodeState> = {}): NodeState {
  return {
    ...{ view: 0, primary: 0, collector: 2, lastExecuted: 0, fault: null },
    counters: { received: 0, rejected: 0, unsent: 0, badVotes: 0, fast: 0, slow: 0, caughtUp: 0 },
    ...parts,
  };
}

function vote(sequence: number): SentMessage & { readonly from: number } {
  const slot = { view: 0, sequence, digest: 'aa' };
  return { kind: 'vote', phase: 'prepare', from: 1, to: 2, afterMs: 0, ...slot };
}

function messages(...sequences: number[]): ClusterEvent {
  return { type: 'messages', every: 1, omitted: 0, messages: sequences.map(vote) };
}

function heard(node: number, parts: Partial<NodeState>): ClusterEvent {
  return { type: 'node', node, state: nodeState(parts) };
}

function byNodes(sequence: number): ClusterEvent {
  return {
    ...{ type: 'decision', sequence, view: 0, digest: 'aa', requests: 2, fast: true },
    ...{ fellBack: false, durationMs: 3, correct: 3, corrupt: 0 },
  };
}

/** The state after events, all at `nowMs` or each at its own time. */
function after(
  events: readonly (ClusterEvent | readonly [number, ClusterEvent])[],
  from: DashboardState = EMPTY_STATE,
): DashboardState {
  return events.reduce<DashboardState>((state, each) => {
    const [nowMs, event] = 'type' in each ? [0, each] : each;
    return reduce(state, { kind: 'event', event, nowMs });
  }, from);
}

describe('the connection', () => {
  it('keeps what is shown while it is lost, and goes on with the same cluster', () => {
    const seen = after([HELLO, messages(1)]);
    const lost = reduce(seen, { kind: 'connection', connection: 'lost' });
    expect(lost).toEqual({ ...seen, connection: 'lost' });
    expect(after([HELLO], lost)).toEqual(seen);
  });

  it('begins anew with another cluster', () => {
    const seen = after([HELLO, messages(1)]);
    expect(after([{ ...HELLO, cluster: 'other' }], seen).shown).toBeUndefined();
  });
});

describe('a cluster of the same name that begins again at slot 1', () => {
  const executed = (lastExecuted: number, ...nodes: number[]): ClusterEvent[] =>
    nodes.map((node) => heard(node, { lastExecuted }));
  const seen = after([
    ...[HELLO, ...executed(90, 0, 1, 2), ...executed(89, 3)],
    ...[byNodes(90), messages(90), messages(91)],
  ]);

  it('is shown once more nodes fell back than may be faulty', () => {
    const one = after([heard(0, { lastExecuted: 0 })], seen);
    expect(one).toMatchObject({ shown: { sequence: 90 }, decisions: [{ sequence: 90 }] });
    const anew = after(executed(0, 1), one);
    expect(anew).toMatchObject({ shown: undefined, waiting: undefined, decisions: [] });
    const next = after([...executed(2, 3, 2, 1, 0), byNodes(2), messages(2)], anew);
    expect(next).toMatchObject({ shown: { sequence: 2 }, decisions: [{ sequence: 2 }] });
    expect(nodeViews(next, 0).map(({ lastExecuted }) => lastExecuted)).toEqual([2, 2, 2, 2]);
  });

  it('is not seen in nodes that are behind, nor in one that restarts again and again', () => {
    const later = after(
      [byNodes(99), ...executed(95, 0, 1), ...[0, 40, 0].flatMap((each) => executed(each, 2))],
      seen,
    );
    expect(later.decisions.map(({ sequence }) => sequence)).toEqual([99, 90]);
    expect(later.shown?.sequence).toBe(90);
  });
});

describe('the shown slot', () => {
  it('gathers its messages while the newest of the others waits for its turn', () => {
    const state = after([
      [0, messages(1)],
      [100, messages(1, 2)],
      [200, messages(4, 3, 4, 2)],
    ]);
    expect(state.shown).toMatchObject({ sequence: 1, startedAtMs: 0 });
    expect(state.shown?.messages).toHaveLength(2);
    const rates: ClusterEvent = {
      ...{ type: 'rates', accepted: 0, decided: 0, failed: 0, refused: 0 },
      ...{ pending: 0, consensusMs: null },
    };
    expect(after([[SLOT_MS, rates]], state).shown).toEqual(state.shown);
    const next = after([[SLOT_MS + 1, rates]], state);
    expect(next.shown).toMatchObject({ sequence: 4, startedAtMs: SLOT_MS + 1 });
    expect(next.shown?.messages).toHaveLength(2);
    expect(after([[SLOT_MS + 2, messages(4)]], next).shown?.messages).toHaveLength(3);
  });

  it('says that there may have been more, where some were left out', () => {
    const omitting = (...sequences: number[]): ClusterEvent => ({
      ...{ type: 'messages', every: 1, omitted: 3, messages: sequences.map(vote) },
    });
    const whole = after([messages(1, 1), messages(2)]);
    expect(whole).toMatchObject({ shown: { incomplete: false }, waiting: { incomplete: false } });
    const cut = messages(...Array<number>(LIMITS.messages).fill(1));
    const skipped: ClusterEvent = { type: 'skipped', count: 1 };
    for (const events of [[cut], [omitting()], [skipped]]) {
      expect(after(events, whole).shown).toMatchObject({ sequence: 1, incomplete: true });
    }
    expect(after([omitting(4)], whole).waiting).toMatchObject({ sequence: 4, incomplete: true });
    const next = after([skipped, messages(4), messages(5)], whole);
    expect(next).toMatchObject({ shown: { incomplete: true }, waiting: { incomplete: false } });
  });

  it('names messages so that none is drawn twice', () => {
    const { shown } = after([messages(2, 2), messages(2)]);
    expect(new Set(shown?.messages.map(({ key }) => key)).size).toBe(3);
  });
});

describe('decisions', () => {
  const told = { view: 0, digest: 'aa' };
  const byGateway = (sequence: number): ClusterEvent => ({
    ...{ type: 'decided', id: 'gateway-1', sequence, ...told, consensusTimeMs: 5 },
    nodes: [{ id: 0, reply: 'matching', correct: 3, corrupt: 1 }],
  });

  it.each([[[byNodes(4), byGateway(4)]], [[byGateway(4), byNodes(4)]]])(
    'are put together from nodes and gateway, whoever is first',
    (events) => {
      const { decisions } = after(events);
      expect(decisions).toHaveLength(1);
      expect(decisions[0]).toMatchObject({ fast: true, durationMs: 3, consensusTimeMs: 5 });
      expect(decisions[0]?.votes).toHaveLength(1);
    },
  );

  it('are the newest, newest first', () => {
    const sequences = Array.from({ length: 100 }, (_, index) => ((index * 37) % 100) + 1);
    const { decisions } = after(sequences.map(byNodes));
    const newest = Array.from({ length: LIMITS.decisions }, (_, index) => 100 - index);
    expect(decisions.map(({ sequence }) => sequence)).toEqual(newest);
  });
});

function accuses(
  witness: number,
  accused: number,
  parts: Partial<EvidenceEvent> = {},
): EvidenceEvent {
  return {
    ...{ type: 'evidence', witness, accused, kind: 'conflicting-votes', view: 0, sequence: 5 },
    ...{ standing: 'proven', ...parts },
  };
}

describe('evidence', () => {
  it('is one line for each accused and kind, with who saw it', () => {
    const { accusations } = after([accuses(2, 3), accuses(0, 3), accuses(2, 3)]);
    expect(accusations.map(accusationText)).toEqual([
      'Node 3 voted for two different things in the same slot (seen by nodes 0 and 2, 3 times): ' +
        'its own signatures prove it.',
    ]);
  });

  it('H2: a suspicion is called one, until somebody shows a proof', () => {
    const suspicion = after([
      accuses(1, 2, { kind: 'collector-failed', standing: 'suspected' }),
      accuses(1, 3, { standing: 'suspected' }),
    ]);
    expect(suspicion.accusations.map(accusationText)).toEqual([
      'Node 3 voted for two different things in the same slot, says node 1: ' +
        'no proof, their word alone.',
      'Node 2 did not bring a certificate in time, says node 1: ' +
        'no proof, a slow network or machine looks the same.',
    ]);
    const proven = after([accuses(0, 3), accuses(1, 3, { standing: 'suspected' })], suspicion);
    expect(proven.accusations[0]).toMatchObject({ accused: 3, standing: 'proven' });
  });

  it('I6: invented accusations push out none that is proven, and none that others share', () => {
    const invented = Array.from({ length: 500 }, (_, accused) =>
      accuses(1, accused, { kind: 'collector-failed', standing: 'suspected' }),
    );
    const shared = { kind: 'wrong-chunk', standing: 'suspected' } as const;
    const { accusations } = after([
      ...[accuses(2, 3), accuses(0, 5, shared), accuses(2, 5, shared)],
      ...invented,
    ]);
    expect(accusations).toHaveLength(1 + LIMITS.suspicions);
    expect(accusations.slice(0, 2)).toMatchObject([
      { accused: 3, standing: 'proven' },
      { accused: 5, witnesses: [0, 2] },
    ]);
  });
});

describe('changes of view', () => {
  it('I6, sibling: of one node that tells a lot few are kept, and those of others stay', () => {
    const told = (node: number, view: number): ClusterEvent => ({
      ...{ type: 'progress', node, kind: 'left-view', view, sequence: null, why: null },
    });
    const flood = Array.from({ length: 100 }, (_, view) => told(1, view));
    const { notices } = after([told(0, 7), ...flood]);
    expect(notices).toHaveLength(LIMITS.noticesPerNode + 1);
    expect(notices.at(-1)).toMatchObject({ node: 0, view: 7 });
  });
});

describe('history', () => {
  it('G5: decisions and charts of the last minutes are there when the page opens', () => {
    const second = (agoMs: number) => ({
      ...{ type: 'rates' as const, accepted: 1, decided: 1, failed: 0, refused: 0, pending: 0 },
      ...{ consensusMs: { median: 5, p99: 9 }, agoMs },
    });
    const decided = (sequence: number): DecidedEvent => ({
      ...{ type: 'decided', id: `gateway-${sequence}`, view: 0, sequence, digest: 'aa' },
      ...{ consensusTimeMs: 5, nodes: [] },
    });
    const rates = [second(60_000), second(1_000)];
    const history: ClusterEvent = { type: 'history', decided: [decided(7), decided(8)], rates };
    const state = after([HELLO, [100_000, history]]);
    expect(state.decisions.map(({ sequence }) => sequence)).toEqual([8, 7]);
    expect(state.rates.map(({ atMs }) => atMs)).toEqual([40_000, 99_000]);
    // After a lost connection it is told again, and nothing is there twice.
    const again = after([HELLO, [101_000, history]], state);
    expect(again.decisions).toHaveLength(2);
    expect(again.rates).toHaveLength(2);
  });
});

describe('memory', () => {
  it('is bounded, however long the page is open', () => {
    let state = after([HELLO]);
    for (let count = 0; count < 500; count += 1) {
      state = after(
        [
          messages(1, 1, 1),
          {
            ...{ type: 'progress', node: count % 7, kind: 'left-view', view: count },
            ...{ sequence: null, why: null },
          },
          accuses(1, count, { kind: 'wrong-chunk', standing: 'suspected' }),
          {
            ...{ type: 'rates', accepted: 0, decided: 0, failed: 0, refused: 0 },
            ...{ pending: 0, consensusMs: null },
          },
        ],
        state,
      );
    }
    expect(state.shown?.messages).toHaveLength(LIMITS.messages);
    expect(state.notices).toHaveLength(LIMITS.notices);
    expect(state.accusations).toHaveLength(LIMITS.suspicions);
    expect(state.rates).toHaveLength(LIMITS.rates);
  });
});

describe('roles and conditions', () => {
  it('I6, sibling: nobody is shown as collector whom fewer than f+1 nodes name', () => {
    const state = after([
      HELLO,
      ...[heard(0, { collector: 2 }), heard(1, { collector: 3 }), heard(2, { collector: 1 })],
    ]);
    expect(nodeViews(state, 0).filter(({ role }) => role === 'communication')).toEqual([]);
  });

  it('follow the view of f+1 nodes: one liar moves nothing', () => {
    const state = after([
      HELLO,
      ...[0, 1, 2].map((node) => heard(node, { view: 1, collector: 3 })),
      heard(3, { view: 999, lastExecuted: 1e9 }),
    ]);
    expect(currentView(state)).toBe(1);
    expect(nodeViews(state, 0).map(({ role }) => role)).toEqual([
      'replica',
      'commander',
      'replica',
      'communication',
    ]);
    expect(nodeViews(state, 0).map(({ condition }) => condition)).toEqual(Array(4).fill('well'));
  });

  it('tell who is faulty, down, lagging or was never heard of', () => {
    const state = after([
      HELLO,
      [5_000, heard(0, { lastExecuted: 100 })],
      [5_000, heard(1, { lastExecuted: 100, fault: 'falsify' })],
      [5_000, heard(2, { lastExecuted: 10 })],
    ]);
    const conditions = (nowMs: number): string[] =>
      nodeViews(state, nowMs).map(({ condition }) => condition);
    expect(conditions(5_000)).toEqual(['well', 'faulty', 'lagging', 'unknown']);
    expect(conditions(5_001 + SILENT_AFTER_MS)).toEqual(['down', 'down', 'down', 'unknown']);
  });
});
