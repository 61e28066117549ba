import { describe, expect, it } from 'vitest';
import type { Certificate, Phase, ProtocolMessage } from './messages/index.js';
import {
  Bench,
  certificate,
  certified,
  decision,
  prePrepare,
  replicaState,
  request,
  status,
  vote,
} from './replica-bench.testkit.js';
import { screen } from './screening.js';
import { bare } from './state/proofs.js';

const BATCH = 'batch(r1)';

function screened(bench: Bench, message: object): string {
  return bench.replica.screen(message as ProtocolMessage);
}

/** A certificate of all four, which decides. */
function full(digest: string, overrides: Partial<Certificate> = {}): Certificate {
  const votes = [0, 1, 2, 3].map((replica) => ({ replica, digest }));
  return { ...certificate('prepare', votes), ...overrides };
}

/** A replica that executed slot 1, by a certificate or by what a peer passed on. */
function executed(self = 1): Bench {
  return new Bench(self).receive(prePrepare(1, [request(1)])).receive(certified('commit', BATCH));
}

const PHASES = ['prepare', 'commit', 'checkpoint'] as const;
const NO_CHECKPOINT = { sequence: 0, digest: '', certificate: null };

function asks(replica: number, view: number, overrides: object = {}): object {
  const base = { kind: 'view-change', view, stable: NO_CHECKPOINT, slots: [], replica };
  return { ...base, digest: `vc${replica}:${view}`, signature: 's', ...overrides };
}

describe('what is worth checking of messages in general', () => {
  it('nothing that this replica said itself', () => {
    const bench = new Bench(1);
    const fetch = { kind: 'fetch', sequence: 1, digest: 'd', signature: 's' };
    expect(screened(bench, { ...fetch, replica: 1 })).toBe('own-echo');
    expect(screened(bench, { ...fetch, replica: 2 })).toBe('wanted');
    expect(screened(bench, status(1))).toBe('own-echo');
    expect(screened(bench, request(1))).toBe('wanted');
  });

  it('nothing of replicas that there are not, whatever else is to be said of it', () => {
    const bench = new Bench(1);
    const from = (replica: number) => [
      screened(bench, vote('prepare', replica, BATCH, { view: 7 })),
      screened(bench, status(replica)),
      screened(bench, asks(replica, 1)),
    ];
    expect(from(4)).toEqual(['unknown-member', 'unknown-member', 'unknown-member']);
    expect(from(3)).toEqual(['wrong-view', 'wanted', 'wanted']);
  });

  it('decisions of slots above the one executed last, up to the high watermark', () => {
    const bench = executed();
    expect(screened(bench, decision(1))).toBe('duplicate');
    expect(screened(bench, decision(2))).toBe('wanted');
    expect(screened(bench, decision(256))).toBe('wanted');
    expect(screened(bench, decision(257))).toBe('outside-watermarks');
  });

  it('parts of the state that is being fetched, from who was asked', () => {
    const bench = new Bench(3);
    const part = { kind: 'chunk-part', sequence: 512, chunk: '', part: 0, parts: 1, text: '' };
    const from = (replica: number, sequence = 512) =>
      screened(bench, { ...part, sequence, replica, signature: 's' });
    expect(from(0)).toBe('unsolicited');
    bench.receive({ ...certified('checkpoint', 'd'), sequence: 512 });
    const [asked] = bench.sent('fetch-chunk');
    const source = asked?.to.kind === 'replica' ? asked.to.id : -1;
    expect(from(source)).toBe('wanted');
    expect(from(source, 384)).toBe('unsolicited');
    expect(from((source + 1) % 3)).toBe('unsolicited');
  });
});

describe('what is worth checking of votes', () => {
  it('others, inside the window, unless the same is known', () => {
    const bench = new Bench(1, 'pbft').receive(vote('prepare', 2, BATCH));
    expect(screened(bench, vote('prepare', 1, BATCH))).toBe('own-echo');
    expect(screened(bench, vote('prepare', 2, BATCH))).toBe('duplicate');
    expect(screened(bench, vote('commit', 2, BATCH))).toBe('wanted');
    expect(screened(bench, vote('prepare', 3, BATCH))).toBe('wanted');
    expect(screened(bench, vote('prepare', 2, 'another'))).toBe('wanted');
    expect(screened(bench, vote('prepare', 2, BATCH, { view: 1 }))).toBe('wrong-view');
    expect(screened(bench, vote('prepare', 2, BATCH, { sequence: 2 }))).toBe('wanted');
    expect(screened(bench, vote('prepare', 2, BATCH, { sequence: 0 }))).toBe('outside-watermarks');
    expect(screened(bench, vote('prepare', 2, BATCH, { sequence: 257 }))).toBe(
      'outside-watermarks',
    );
  });

  it('reminders, however well known: their sender lacks something', () => {
    const bench = new Bench(1, 'pbft').receive(vote('prepare', 2, BATCH));
    expect(screened(bench, vote('prepare', 2, BATCH, { attempt: 1 }))).toBe('wanted');
    expect(screened(bench, vote('prepare', 1, BATCH, { attempt: 1 }))).toBe('own-echo');
    // An honest replica signs the same alike.
    const resigned = vote('prepare', 2, BATCH, { attempt: 1, signature: 't' });
    expect(screened(bench, resigned)).toBe('duplicate');
  });

  it('reminders wherever they are of, from who is behind, by those whose turn it is', () => {
    const bench = executed().receive({ ...certified('checkpoint', 'state'), sequence: 128 });
    const reminder = (phase: Phase, sequence: number, attempt: number) =>
      screened(bench, vote(phase, 3, BATCH, { sequence, attempt }));
    expect([1, 2, 3].map((attempt) => reminder('commit', 0, attempt))).toEqual([
      ...['outside-watermarks', 'wanted', 'wanted'],
    ]);
    expect([1, 2, 3].map((attempt) => reminder('checkpoint', 128, attempt))).toEqual([
      ...['outside-watermarks', 'wanted', 'wanted'],
    ]);
    expect(reminder('commit', 0, 0)).toBe('outside-watermarks');
    expect(reminder('commit', 500, 2)).toBe('outside-watermarks');
    expect(reminder('checkpoint', 200, 2)).toBe('outside-watermarks');
    for (let times = 0; times < 512; times += 1) {
      bench.receive(vote('commit', 3, BATCH, { sequence: 0, attempt: 2 }));
    }
    expect(reminder('commit', 0, 2)).toBe('throttled');
    expect(reminder('checkpoint', 128, 2)).toBe('throttled');
  });

  it('of those that contradict one that counts the first alone, which is evidence', () => {
    const bench = new Bench(1, 'pbft');
    for (const phase of ['prepare', 'commit', 'checkpoint'] as const) {
      const slot = { sequence: 128 };
      const said = (digest: string, attempt = 0) =>
        screened(bench, vote(phase, 2, digest, { ...slot, attempt }));
      bench.receive(vote(phase, 2, BATCH, slot));
      expect(said('another')).toBe('wanted');
      bench.receive(vote(phase, 2, 'another', slot));
      expect(said('another')).toBe('duplicate');
      expect(said('a third', 1)).toBe('duplicate');
      expect(said(BATCH)).toBe('duplicate');
      bench.receive(vote(phase, 2, 'a third', slot));
    }
    expect(bench.of('evidence')).toHaveLength(3);
  });

  it('none of another view, or of this one while it has not begun', () => {
    const bench = new Bench(2).enterView();
    expect(screened(bench, vote('prepare', 3, BATCH, { view: 1 }))).toBe('wanted');
    expect(screened(bench, vote('prepare', 3, BATCH, { view: 0 }))).toBe('wrong-view');
    expect(screened(bench, vote('prepare', 3, BATCH, { view: 2 }))).toBe('wrong-view');
    expect(screened(bench, vote('checkpoint', 3, BATCH, { sequence: 128, view: 1 }))).toBe(
      'outside-watermarks',
    );
    expect(screened(bench, vote('checkpoint', 3, BATCH, { sequence: 127 }))).toBe(
      'outside-watermarks',
    );
  });

  it('all that is inside the window, of whatever view, while this replica listens', () => {
    const settings = ['mode:1111111111111111'];
    const bench = new Bench(1, 'ccro', 'done', { tuning: { settings } }).start();
    expect(screened(bench, vote('prepare', 2, BATCH, { view: 7 }))).toBe('wanted');
    expect(screened(bench, vote('checkpoint', 2, 'd', { sequence: 128 }))).toBe('wanted');
    expect(screened(bench, vote('prepare', 2, BATCH, { sequence: 257 }))).toBe(
      'outside-watermarks',
    );
  });

  it('none on checkpoints of a view, which there are not, while one is awaited', () => {
    const bench = new Bench(1).leaveView();
    const said = vote('checkpoint', 2, 'd', { view: 1, sequence: 128 });
    expect(screened(bench, said)).toBe('outside-watermarks');
  });

  it('votes on checkpoints that are not known', () => {
    const slot = { sequence: 128 };
    const bench = new Bench(1).receive(vote('checkpoint', 2, 'state', slot));
    expect(screened(bench, vote('checkpoint', 2, 'state', slot))).toBe('duplicate');
    expect(screened(bench, vote('checkpoint', 3, 'state', slot))).toBe('wanted');
    expect(screened(bench, vote('checkpoint', 2, 'another', slot))).toBe('wanted');
    expect(screened(bench, vote('prepare', 2, 'state', slot))).toBe('wanted');
  });
});

describe('what is worth checking of pre-prepares', () => {
  const proposal = prePrepare(1, [request(1)]);

  it('what is not known yet, or contradicts it', () => {
    const bench = new Bench(1);
    expect(screened(bench, proposal)).toBe('wanted');
    bench.receive(proposal);
    expect(screened(bench, proposal)).toBe('duplicate');
    expect(screened(bench, prePrepare(1, [request(2)]))).toBe('wanted');
    expect(screened(new Bench(0).receive(proposal, 'self'), proposal)).toBe('own-echo');
  });

  it('nothing of slots that executed and of which no proposal is here', () => {
    const bench = new Bench(1).receive(decision(1));
    expect(bench.replica.status().lastExecuted).toBe(1);
    expect(screened(bench, proposal)).toBe('duplicate');
    expect(screened(bench, prePrepare(2, [request(2)]))).toBe('wanted');
    // With one at hand another one is evidence.
    expect(screened(executed(), prePrepare(1, [request(2)]))).toBe('wanted');
  });

  it('those of a new primary that has not heard what executed here', () => {
    const bench = new Bench(2).receive(decision(1)).enterView();
    expect(bench.replica.status()).toMatchObject({ view: 1, active: true, lastExecuted: 1 });
    expect(screened(bench, { ...proposal, view: 1, replica: 1 })).toBe('wanted');
    expect(screened(bench, { ...proposal, view: 1, replica: 3 })).toBe('wrong-primary');
    expect(screened(bench, { ...proposal, view: 5, replica: 1 })).toBe('duplicate');
    expect(screened(bench, proposal)).toBe('duplicate');
  });
});

describe('what is worth checking of pre-prepares, whoever signed them', () => {
  const proposal = prePrepare(1, [request(1)]);

  it('nothing that would be refused all the same', () => {
    const bench = new Bench(1);
    expect(screened(bench, { ...proposal, replica: 3 })).toBe('wrong-primary');
    expect(screened(bench, { ...proposal, view: 4 })).toBe('wrong-view');
    expect(screened(bench, { ...proposal, sequence: 257 })).toBe('outside-watermarks');
    expect(screened(bench, { ...proposal, collector: 0 })).toBe('invalid-collector');
    expect(screened(bench, { ...proposal, requests: [] })).toBe('empty-batch');
  });

  it('nothing once two have convicted the primary, but what was asked for', () => {
    const bench = new Bench(1).receive(proposal).receive(prePrepare(1, [request(2)]));
    expect(bench.of('evidence')).toHaveLength(1);
    expect(screened(bench, prePrepare(1, [request(3)]))).toBe('duplicate');
  });

  it('of an earlier view what this one proposes again and lacks', () => {
    const bench = new Bench(1).enterView({ sequence: 1, digest: BATCH });
    expect(screened(bench, proposal)).toBe('wanted');
    expect(screened(bench, prePrepare(1, [request(2)]))).toBe('wrong-view');
    expect(screened(bench, prePrepare(2, [request(1)]))).toBe('wrong-view');
    bench.receive(decision(1));
    expect(bench.executed).toEqual(['op']);
    expect(screened(bench, proposal)).toBe('duplicate');
  });

  it('nothing that brings no bodies, while it waits for them', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1), request(2)], false));
    const again = prePrepare(1, [request(1), request(2)]);
    expect(screened(bench, { ...again, bodies: [] })).toBe('duplicate');
    expect(screened(bench, { ...again, bodies: [request(3)] })).toBe('duplicate');
    expect(screened(bench, { ...again, bodies: [request(2)] })).toBe('wanted');
  });

  it('of slots that executed only so many', () => {
    const bench = executed();
    const late = prePrepare(1, [request(2)]);
    expect(screened(bench, late)).toBe('wanted');
    for (let times = 0; times < 256; times += 1) bench.receive(proposal);
    expect(screened(bench, late)).toBe('throttled');
    expect(screened(bench, prePrepare(2, [request(2)]))).toBe('wanted');
  });
});

describe('what is worth checking of one member, whatever it says again and again', () => {
  const FLOOD = 5_000;
  const slotOf = (index: number) => ({ sequence: 1 + (index % 300), digest: `d${index}` });
  const said: Readonly<Record<string, (index: number) => object>> = {
    votes: (index) =>
      vote(PHASES[index % 3] ?? 'prepare', 3, '', { ...slotOf(index), attempt: index % 4 }),
    'votes in any view': (index) =>
      vote(PHASES[index % 3] ?? 'prepare', 3, '', {
        ...slotOf(index),
        view: index % 7,
        attempt: 1,
      }),
    'one vote, signed anew': (index) =>
      vote('prepare', 3, BATCH, { sequence: 5, attempt: 1, signature: `s${index}` }),
    reminders: (index) => vote('commit', 3, `d${index}`, { sequence: 0, attempt: 2 + 3 * index }),
    'calls for help': (index) => status(3, { attempt: index, asks: true }),
    'answers that nobody asked for': (index) => status(3, { answers: `r${index}` }),
    fetches: (index) => ({ kind: 'fetch', replica: 3, ...slotOf(index), signature: 's' }),
    'fetches of state': (index) => ({
      ...{ kind: 'fetch-chunk', replica: 3, sequence: index, chunk: '', part: 0, signature: 's' },
    }),
    suspicions: (index) => ({ kind: 'suspicion', view: index, replica: 3, signature: 's' }),
    'view-changes': (index) => asks(3, index + 1),
    'new-views': (index) => ({
      ...{ kind: 'new-view', view: 3 + 4 * index, replica: 3, viewChanges: [], reproposals: [] },
      signature: 's',
    }),
    'proposals that are not its to make': (index) => ({
      ...{ ...prePrepare(1, [request(index)]), ...slotOf(index), replica: 3 },
    }),
    'proposals for a later view': (index) => ({
      ...{ ...prePrepare(1, [request(index)]), ...slotOf(index), view: 3, replica: 3 },
    }),
  };

  it.each(Object.keys(said))('A5, sibling: %s', (name) => {
    const bench = executed();
    let checked = 0;
    for (let index = 0; index < FLOOD; index += 1) {
      const message = said[name]?.(index) ?? {};
      if (screened(bench, message) !== 'wanted') continue;
      checked += 1;
      bench.receive(message);
    }
    // Two for each phase of each slot in the window; of topics, what a bucket holds.
    expect(checked).toBeLessThanOrEqual(1100);
  });

  it('is checked again after a while', () => {
    const bench = new Bench(1);
    for (let times = 0; times < 200; times += 1) bench.receive(status(3));
    expect(bench.replica.screen(status(3), 4)).toBe('throttled');
    expect(bench.replica.screen(status(3), 5)).toBe('wanted');
    expect(bench.replica.screen(status(2), 0)).toBe('wanted');
  });
});

describe('what is worth checking of certificates', () => {
  it('checkpoints above the stable one', () => {
    const stable = (sequence: number) => ({ ...certified('checkpoint', 'd'), sequence });
    const bench = new Bench(1).receive(stable(128));
    expect(screened(bench, stable(127))).toBe('duplicate');
    expect(screened(bench, stable(128))).toBe('duplicate');
    expect(screened(bench, stable(129))).toBe('wanted');
  });

  it('those of a later view than is held, and those that decide', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)]));
    expect(screened(bench, certified('prepare', BATCH))).toBe('wanted');
    bench.receive(certified('prepare', BATCH));
    expect(screened(bench, certified('prepare', BATCH))).toBe('duplicate');
    expect(screened(bench, { ...certified('prepare', BATCH), view: 1 })).toBe('wanted');
    expect(screened(bench, certified('prepare', 'another'))).toBe('duplicate');
    expect(screened(bench, full(BATCH))).toBe('wanted');
    expect(screened(bench, certified('commit', BATCH))).toBe('wanted');
    expect(screened(bench, { ...certified('prepare', 'd'), sequence: 2 })).toBe('wanted');
  });

  it('of a decided slot only what decides something else', () => {
    for (const bench of [
      executed(),
      // Its batch is not here, so that it has not executed.
      new Bench(1).receive(certified('commit', BATCH)),
    ]) {
      for (const view of [0, 1]) {
        expect(screened(bench, { ...certified('commit', BATCH), view })).toBe('duplicate');
        expect(screened(bench, { ...certified('prepare', BATCH), view })).toBe('duplicate');
        expect(screened(bench, { ...certified('prepare', 'another'), view })).toBe('duplicate');
        expect(screened(bench, full(BATCH, { view }))).toBe('duplicate');
        expect(screened(bench, full('another', { view }))).toBe('wanted');
        expect(screened(bench, { ...certified('commit', 'another'), view })).toBe('wanted');
      }
    }
  });

  it('nothing of slots that executed and are here no more, or never were', () => {
    const bench = new Bench(1).receive(decision(1)).receive(decision(2));
    expect(bench.replica.status().lastExecuted).toBe(2);
    expect(screened(bench, { ...certified('prepare', BATCH), sequence: 2 })).toBe('duplicate');
    expect(screened(bench, { ...certified('commit', BATCH), sequence: 0 })).toBe('duplicate');
    const state = replicaState(1);
    // As part of a state that was taken over.
    state.lastExecuted = 5;
    const at = (sequence: number) => screen(state, { ...certified('commit', BATCH), sequence });
    expect([4, 5, 6].map(at)).toEqual(['duplicate', 'duplicate', 'wanted']);
  });

  it('not its own, as a collector', () => {
    expect(screened(executed(2), certified('commit', BATCH))).toBe('own-echo');
    expect(screened(executed(1), certified('commit', BATCH))).toBe('duplicate');
  });
});

describe('what is worth checking of view-changes', () => {
  const report = (sequence: number) => ({ sequence, vote: null, certificate: null });

  it('the first of the highest view that a replica asks for', () => {
    const bench = new Bench(2).receive(asks(3, 2));
    expect(screened(bench, asks(2, 2))).toBe('own-echo');
    expect(screened(bench, asks(3, 1))).toBe('duplicate');
    expect(screened(bench, asks(3, 2))).toBe('duplicate');
    expect(screened(bench, asks(3, 3))).toBe('wanted');
    expect(screened(bench, asks(0, 1))).toBe('wanted');
  });

  it('none that reports slots beyond its own watermarks', () => {
    const bench = new Bench(2);
    const stable = { ...NO_CHECKPOINT, sequence: 128 };
    expect(screened(bench, asks(3, 1, { slots: [report(256)] }))).toBe('wanted');
    expect(screened(bench, asks(3, 1, { slots: [report(1), report(257)] }))).toBe(
      'outside-watermarks',
    );
    expect(screened(bench, asks(3, 1, { stable, slots: [report(384)] }))).toBe('wanted');
    expect(screened(bench, asks(3, 1, { stable, slots: [report(385)] }))).toBe(
      'outside-watermarks',
    );
  });

  it('those for a view that began here, as calls for help, but not between views', () => {
    const bench = new Bench(2).enterView();
    expect(screened(bench, asks(3, 1))).toBe('wanted');
    expect(screened(bench, asks(3, 0))).toBe('wanted');
    bench.receive(asks(0, 2));
    expect(screened(bench, asks(0, 1))).toBe('wanted');
    bench.receive(asks(1, 2));
    expect(bench.replica.status()).toMatchObject({ view: 2, active: false });
    expect(screened(bench, asks(3, 1))).toBe('duplicate');
    expect(screened(bench, asks(3, 2))).toBe('wanted');
  });

  it('no more for the awaited view than are enough for it', () => {
    const bench = new Bench(2, 'ccro', 'done', { tuning: { n: 10 } });
    // Seven are a quorum, and two more are enough.
    for (let replica = 3; replica < 10; replica += 1) bench.receive(asks(replica, 1));
    expect(bench.replica.status()).toMatchObject({ view: 1, active: false });
    bench.receive(asks(0, 1));
    expect(screened(bench, asks(1, 1))).toBe('wanted');
    bench.receive(asks(2, 1), 'self');
    expect(screened(bench, asks(1, 1))).toBe('duplicate');
    expect(screened(bench, asks(1, 2))).toBe('wanted');
  });

  it('what its primary asks for with its proofs', () => {
    const slots = [{ ...report(1), certificate: bare(certified('prepare', BATCH)) }];
    const bench = new Bench(1);
    for (const replica of [0, 2, 3]) bench.receive(asks(replica, 1, { slots }));
    const fetched = bench.sent('fetch').map(({ message }) => message as { digest?: string });
    expect(fetched).toMatchObject([{ digest: 'vc0:1' }]);
    expect(screened(bench, asks(0, 1))).toBe('wanted');
    expect(screened(bench, asks(2, 1))).toBe('duplicate');
  });

  it('whatever a new-view refers to', () => {
    const bench = new Bench(2).receive(asks(0, 1)).receive(asks(3, 2));
    const viewChanges = [0, 1, 3].map((replica) => ({ replica, digest: `vc${replica}:1` }));
    const newView = { kind: 'new-view', view: 1, viewChanges, reproposals: [], replica: 1 };
    bench.receive({ ...newView, signature: 's' });
    // It has asked for a later view since.
    expect(screened(bench, asks(3, 1))).toBe('wanted');
    expect(screened(bench, asks(3, 1, { digest: 'other' }))).toBe('duplicate');
  });
});

describe('what is worth checking of new-views', () => {
  const viewChanges = [0, 1, 3].map((replica) => ({ replica, digest: `vc${replica}:5` }));
  const begins = (view: number, replica = view % 4) => ({
    ...{ kind: 'new-view', view, viewChanges, reproposals: [], replica, signature: 's' },
  });

  it('those of views that have not begun, later ones than wait already', () => {
    const bench = new Bench(2).enterView();
    expect(screened(bench, begins(0))).toBe('duplicate');
    expect(screened(bench, begins(1))).toBe('duplicate');
    expect(screened(bench, begins(5))).toBe('wanted');
    bench.receive(begins(5));
    expect(screened(bench, begins(5))).toBe('duplicate');
    expect(screened(bench, begins(4, 1))).toBe('duplicate');
    expect(screened(bench, begins(9))).toBe('wanted');
    expect(screened(bench, begins(4))).toBe('wanted');
  });

  it('the one for the view that this replica waits for', () => {
    const bench = new Bench(2).leaveView();
    expect(bench.replica.status()).toMatchObject({ view: 1, active: false });
    expect(screened(bench, begins(1))).toBe('wanted');
    expect(screened(bench, begins(0))).toBe('duplicate');
  });

  it('of its own only what it has not entered', () => {
    const bench = new Bench(1).leaveView();
    expect(screened(bench, begins(1))).toBe('wanted');
    const before = new Bench(1);
    expect(screened(before, begins(1))).toBe('wanted');
    expect(screened(before, begins(0, 1))).toBe('own-echo');
    expect(screened(before, begins(0))).toBe('duplicate');
  });
});

describe('what is worth checking of suspicions', () => {
  const suspects = (replica: number, view: number) => ({
    ...{ kind: 'suspicion', view, replica, signature: 's' },
  });

  it('those of others that are new, or so old that they no longer count', () => {
    const bench = new Bench(2);
    expect(screened(bench, suspects(2, 0))).toBe('own-echo');
    expect(screened(bench, suspects(3, 0))).toBe('wanted');
    bench.receive(suspects(3, 0));
    expect(screened(bench, suspects(3, 0))).toBe('duplicate');
    expect(screened(bench, suspects(0, 0))).toBe('wanted');
    // A quarter of the time that a view has: 2000 ms.
    bench.pass(500).receive(status(0));
    expect(screened(bench, suspects(3, 0))).toBe('duplicate');
    bench.pass(1).receive(status(0));
    expect(screened(bench, suspects(3, 0))).toBe('wanted');
  });

  it('of views that are over as calls for help, but not between views', () => {
    const bench = new Bench(2).enterView();
    for (let times = 0; times < 2; times += 1) {
      expect(screened(bench, suspects(3, 0))).toBe('wanted');
      bench.receive(suspects(3, 0));
    }
    expect(screened(new Bench(2).leaveView(), suspects(3, 0))).toBe('duplicate');
    expect(screened(new Bench(2).leaveView(), suspects(3, 1))).toBe('wanted');
  });
});
