import { describe, expect, it } from 'vitest';
import type { Status, Verified } from './messages/index.js';
import type { Input } from './model/input.js';
import { differingSettings } from './model/settings.js';
import {
  Bench,
  RUN,
  prePrepare,
  replicaState,
  request,
  status,
  vote,
} from './replica-bench.testkit.js';
import { agreeingNeeded, listenFirst, noteSettings, putOff, takeUp } from './taking-part.js';

const SETTINGS = ['clientWindow:1111111111111111', 'mode:2222222222222222'];
const OTHERS = ['clientWindow:9999999999999999', 'mode:2222222222222222'];
/** Of four replicas so many may differ: n − Q. */
const TOLERATED = 1;

/** The answer of `replica` to status `attempt` of the replica under test. */
function answer(replica: number, settings: readonly string[], attempt: number): Status {
  return status(replica, { settings, attempt, answers: RUN });
}

/** A replica of four that f + 1 others agree with. */
function started(self = 1, n = 4, loopsBack = true): Bench {
  const tuning = { settings: SETTINGS, n };
  const bench = new Bench(self, 'pbft', 'done', { tuning, loopsBack }).start();
  const others = Array.from({ length: n }, (_, id) => id).filter((id) => id !== self);
  for (const replica of others) bench.receive(status(replica, { settings: SETTINGS }));
  bench.effects = [];
  return bench;
}

/** One that has heard of `differing` others since, by their answers, that they differ. */
function told(differing: readonly number[], self = 1): Bench {
  const bench = started(self);
  for (const replica of differing) bench.receive(answer(replica, OTHERS, 0));
  return bench;
}

function takesPart(bench: Bench): boolean {
  return bench.replica.status().takesPart;
}

describe('whether a replica takes part', () => {
  it('D7: f that say they differ, again and again, keep nobody from it', () => {
    const bench = told([]);
    for (let attempt = 0; attempt < 50; attempt += 1) bench.receive(answer(3, OTHERS, attempt));
    expect(takesPart(bench)).toBe(true);
    bench.receive(prePrepare(1, [request(1)]));
    expect(bench.sent('vote')).toHaveLength(1);
  });

  it('D7: n − Q + 1 that differ do, and it says who they are and in what they differ', () => {
    const bench = told([2, 3]);
    const differing = [2, 3].map((replica) => ({ replica, settings: ['clientWindow'] }));
    expect(bench.replica.status()).toMatchObject({ takesPart: false, differing });
    expect(bench.replica.waiting()).toEqual({ kind: 'settings', differing });
    expect(bench.of('progress').map(({ progress }) => progress)).toEqual([
      { kind: 'settings-differ', replica: 2, settings: ['clientWindow'] },
      { kind: 'settings-differ', replica: 3, settings: ['clientWindow'] },
      { kind: 'takes-no-part', differing },
    ]);
    expect(bench.of('evidence')).toEqual([]);
  });

  it('D7: who takes none votes, proposes, asks for views and executes no more', () => {
    for (const self of [0, 1]) {
      const bench = told([2, 3], self);
      bench.effects = [];
      bench.receive(request(1), 'direct').receive(prePrepare(1, [request(1)]));
      for (const replica of [0, 2, 3]) {
        for (const phase of ['prepare', 'commit'] as const) {
          bench.receive(vote(phase, replica, 'batch(r1)'));
        }
      }
      for (let times = 0; times < 4; times += 1) bench.fire({ kind: 'request', view: 0 });
      const said = bench.of('send').map(({ message }) => message.kind);
      expect(said.filter((kind) => kind !== 'status')).toEqual([]);
      expect([bench.executed, bench.stored()]).toEqual([[], []]);
      expect(bench.replica.screen(prePrepare(1, [request(1)]))).toBe('unsolicited');
      expect(bench.replica.screen(status(2))).toBe('wanted');
    }
  });

  it('D7: it does again once enough others agree, with what it said to itself meanwhile', () => {
    const bench = started(1, 4, false);
    bench.receive(prePrepare(1, [request(1)]));
    const [own] = bench.sent('vote');
    for (const replica of [2, 3]) bench.receive(answer(replica, OTHERS, 0));
    bench.receive({ ...own?.message, signature: 's' }, 'self');
    const timer = { kind: 'certificate', view: 0, sequence: 1, phase: 'prepare' } as const;
    bench.effects = [];
    bench.fire(timer);
    expect(bench.of('set-timer')).toMatchObject([{ timer }]);
    bench.receive(answer(2, SETTINGS, 5));
    expect(takesPart(bench)).toBe(true);
    expect(bench.of('progress').at(-1)?.progress).toEqual({ kind: 'takes-part-again' });
    for (const replica of [0, 2]) bench.receive(vote('prepare', replica, 'batch(r1)'));
    const said = bench.sent('vote').map(({ message }) => message);
    expect(said).toMatchObject([{ phase: 'prepare', attempt: 0 }, { phase: 'commit' }]);
  });

  it('D7: in any cluster f liars are too few, and honest replicas that differ too many to be in a quorum', () => {
    for (let n = 1; n <= 40; n += 1) {
      const f = Math.floor((n - 1) / 3);
      const quorum = Math.ceil((n + f + 1) / 2);
      const bench = started(0, n);
      let differing = 0;
      while (takesPart(bench) && differing < n - 1) {
        differing += 1;
        bench.receive(answer(differing, OTHERS, 0));
      }
      if (takesPart(bench)) continue;
      expect(differing).toBeGreaterThan(f);
      expect(n - differing).toBe(quorum - 1);
    }
  });
});

describe('a replica that has just started', () => {
  const tuning = { settings: SETTINGS };

  it('D7: listens until f + 1 others have said the same, and then does what came meanwhile', () => {
    const bench = new Bench(1, 'pbft', 'done', { tuning }).start();
    expect(bench.sent('status')).toMatchObject([{ to: { kind: 'all' }, message: { asks: true } }]);
    bench.receive(prePrepare(1, [request(1)]));
    expect(bench.replica.waiting()).toEqual({ kind: 'agreement', heard: 0, required: 2 });
    bench.receive(status(3, { settings: SETTINGS })).receive(status(2, { settings: OTHERS }));
    expect(bench.sent('vote')).toEqual([]);
    bench.receive(status(0, { settings: SETTINGS }));
    expect(takesPart(bench)).toBe(true);
    expect(bench.sent('vote')).toHaveLength(1);
  });

  it('D7: never begins when it is alone with its settings, liars or none', () => {
    const bench = new Bench(1, 'pbft', 'done', { tuning }).start();
    bench.receive(prePrepare(1, [request(1)]));
    for (let attempt = 0; attempt < 20; attempt += 1) {
      bench.receive(answer(3, SETTINGS, attempt)).receive(answer(2, OTHERS, attempt));
      bench.fire({ kind: 'status' });
    }
    expect(bench.sent('vote')).toEqual([]);
    expect(takesPart(bench)).toBe(false);
  });

  it('D7, sibling: keeps only so much of what comes meanwhile', () => {
    const bench = new Bench(1, 'pbft', 'done', { tuning }).start();
    const operation = 'x'.repeat(1024 * 1024);
    for (let at = 1; at <= 40; at += 1) bench.receive(request(at, { operation }));
    for (const replica of [0, 2]) bench.receive(status(replica, { settings: SETTINGS }));
    // Two bytes a character, and something for each.
    expect(bench.replica.status().pooledRequests).toBe(7);
  });

  it('D7: takes up what it had under way only then', () => {
    const before = new Bench(2, 'pbft').receive(prePrepare(1, [request(1)]));
    const votes = [{ phase: 'prepare', view: 0, sequence: 1, digest: 'batch(r1)' } as const];
    const accepted = before
      .stored()
      .flatMap((record) => (record.kind === 'accepted' ? [record.prePrepare] : []));
    const nothing = { view: 0, newView: null, viewChange: null, stable: null, snapshot: null };
    const restored = { ...nothing, decisions: [], proposed: [], accepted, votes, certificates: [] };
    const bench = new Bench(2, 'pbft', 'done', { tuning, restored }).start();
    expect(bench.sent('vote')).toEqual([]);
    for (const replica of [0, 1]) bench.receive(status(replica, { settings: SETTINGS }));
    expect(bench.sent('vote')).toHaveLength(1);
  });
});

describe('listening first', () => {
  it('is for those that were told something, together with others', () => {
    const listens = (settings: readonly string[], n: number) => {
      const state = replicaState(0, { settings, n });
      listenFirst(state);
      return [state.isListening, state.paused];
    };
    expect(listens(SETTINGS, 4)).toEqual([true, true]);
    expect(listens(SETTINGS, 2)).toEqual([true, true]);
    expect(listens(SETTINGS, 1)).toEqual([false, false]);
    expect(listens([], 4)).toEqual([false, false]);
  });

  it('ends with the word of f + 1 others, or of all there are', () => {
    const needed = (n: number) => agreeingNeeded(replicaState(0, { n }));
    expect([1, 2, 3, 4, 7].map(needed)).toEqual([0, 1, 1, 2, 3]);
  });

  it('starts the clocks and tells how it is at its usual pace, once it is over', () => {
    const bench = new Bench(1, 'pbft', 'done', { tuning: { settings: SETTINGS } }).start();
    const statuses = () =>
      bench
        .of('set-timer')
        .flatMap(({ timer, afterMs }) => (timer.kind === 'status' ? afterMs : []));
    expect(statuses()).toEqual([200]);
    bench.receive(request(1));
    for (const replica of [0, 2]) bench.receive(status(replica, { settings: SETTINGS }));
    expect(statuses()).toEqual([200, 1000]);
    expect(bench.of('set-timer').map(({ timer }) => timer.kind)).toContain('request');
    bench.receive(status(3, { settings: SETTINGS }));
    expect(statuses()).toEqual([200, 1000]);
  });
});

describe('the clocks of a replica that listens and is kept apart', () => {
  /** One of seven, which has just started; three that differ keep it apart, three must agree. */
  function keptApart(): (replica: number, settings: readonly string[], attempt?: number) => object {
    const state = replicaState(0, { settings: SETTINGS, n: 7 });
    listenFirst(state);
    const hear = (replica: number, settings: readonly string[], attempt = 0) => {
      noteSettings(state, answer(replica, settings, attempt) as Verified<Status>);
      const { isListening, isApart, paused } = state;
      return { isListening, isApart, paused };
    };
    for (const replica of [1, 2, 3]) hear(replica, OTHERS);
    return hear;
  }

  it('D7: stand still until it has heard enough that agree, though fewer differ by now', () => {
    const hear = keptApart();
    expect(hear(4, SETTINGS)).toEqual({ isListening: true, isApart: true, paused: true });
    expect(hear(3, SETTINGS, 1)).toEqual({ isListening: true, isApart: false, paused: true });
    expect(hear(5, SETTINGS)).toEqual({ isListening: false, isApart: false, paused: false });
  });

  it('D7: stand still while too many differ, though enough agree', () => {
    const hear = keptApart();
    for (const replica of [4, 5]) hear(replica, SETTINGS);
    expect(hear(6, SETTINGS)).toEqual({ isListening: false, isApart: true, paused: true });
    expect(hear(3, SETTINGS, 1)).toEqual({ isListening: false, isApart: false, paused: false });
  });
});

describe('what waits while a replica takes no part', () => {
  const TIMER = { kind: 'request', view: 0 } as const;
  const MiB = 1024 * 1024;
  const message = (sent: object, via: 'direct' | 'self' = 'direct') =>
    ({ kind: 'message', message: sent, via }) as Input;
  /** Takes so much in memory. */
  const large = (mib: number) => request(mib, { operation: 'x'.repeat((mib * MiB - 768) / 2) });

  it.each<[string, Input]>([
    ['the start', { kind: 'started' }],
    ['an outage', { kind: 'disconnected' }],
    ['its end', { kind: 'reconnected' }],
    ['the time for its status', { kind: 'timer-fired', timer: { kind: 'status' } }],
    ['a status', message(status(2))],
  ])('is not %s', (_, input) => {
    for (const keeps of ['isApart', 'isListening'] as const) {
      const state = replicaState(1);
      state[keeps] = true;
      expect(putOff(state, input)).toBe(false);
      expect([state.putOff, state.takeEffects()]).toEqual([[], []]);
    }
  });

  it('is nothing while it does', () => {
    const state = replicaState(1);
    expect(putOff(state, { kind: 'timer-fired', timer: TIMER })).toBe(false);
    expect(putOff(state, message(request(1)))).toBe(false);
    expect(state.takeEffects()).toEqual([]);
  });

  it('are timers, set again', () => {
    const state = replicaState(1);
    state.isListening = true;
    expect(putOff(state, { kind: 'timer-fired', timer: TIMER })).toBe(true);
    expect(state.takeEffects()).toEqual([{ kind: 'set-timer', timer: TIMER, afterMs: 1000 }]);
    expect(state.putOff).toEqual([]);
  });

  it('is, while it listens, up to 16 MiB of what others send, and all that it said itself', () => {
    const state = replicaState(1);
    state.isListening = true;
    expect(putOff(state, message(large(15)))).toBe(true);
    expect(putOff(state, message(large(2)))).toBe(true);
    expect(putOff(state, message(large(1)))).toBe(true);
    expect(putOff(state, message(request(9)))).toBe(true);
    expect(putOff(state, message(request(2), 'self'))).toBe(true);
    const waiting = () =>
      state.putOff.map(
        (input) =>
          input.kind === 'message' && input.message.kind === 'request' && input.message.timestamp,
      );
    expect(waiting()).toEqual([15, 1, 2]);
    expect(takeUp(state)).toBeUndefined();
    state.isListening = false;
    expect(takeUp(state)).toEqual(message(large(15)));
    expect(state.putOffBytes).toBe(0);
    expect(waiting()).toEqual([1, 2]);
  });

  it('is, while it is kept apart, what it said itself alone', () => {
    const state = replicaState(1);
    state.isApart = true;
    expect(putOff(state, message(request(1)))).toBe(true);
    expect(putOff(state, message(request(2), 'self'))).toBe(true);
    expect(state.putOff).toEqual([message(request(2), 'self')]);
  });
});

describe('what counts as the word of a replica', () => {
  it('D7, sibling: nothing that answers another run, or an earlier status: it may be repeated', () => {
    const bench = told([]);
    for (const replica of [0, 2, 3]) {
      bench.receive(answer(replica, SETTINGS, 7));
      bench.receive(status(replica, { settings: OTHERS }));
      bench.receive(status(replica, { settings: OTHERS, attempt: 9, answers: 'an earlier run' }));
      bench.receive(answer(replica, OTHERS, 7));
    }
    expect(bench.replica.status()).toMatchObject({ takesPart: true, differing: [] });
  });

  it('D7: whoever seems to differ is asked at once, but not at every message', () => {
    const bench = told([]);
    bench.effects = [];
    for (let times = 0; times < 20; times += 1) bench.receive(status(3, { settings: OTHERS }));
    expect(bench.sent('status')).toMatchObject([
      { to: { kind: 'replica', id: 3 }, message: { asks: true, run: RUN, settings: SETTINGS } },
    ]);
    bench.pass(300).receive(status(3, { settings: OTHERS }));
    expect(bench.sent('status')).toHaveLength(2);
  });

  it('D7: who is asked answers with the word of who asks', () => {
    const bench = told([]);
    bench.effects = [];
    const asks = { asks: true, attempt: 4, run: 'run-3', settings: SETTINGS };
    bench.receive(status(3, asks), 'direct');
    expect(bench.sent('status')).toMatchObject([
      { message: { answers: 'run-3', attempt: 4, settings: SETTINGS, asks: false } },
    ]);
  });

  it('D7: one that differed and does so no more is asked nothing, and told of nobody', () => {
    const bench = told([3]);
    bench.effects = [];
    bench.pass(1000).receive(answer(3, SETTINGS, 1));
    expect(bench.of('progress')).toEqual([]);
    bench.pass(1000).receive(status(3, { settings: SETTINGS }));
    expect(bench.sent('status')).toEqual([]);
  });

  it('D7: all hear of it at once when a replica is kept apart, and when it is no longer', () => {
    const bench = told([2]);
    bench.effects = [];
    bench.receive(answer(3, OTHERS, 1));
    expect(bench.sent('status')).toMatchObject([{ to: { kind: 'all' } }]);
    bench.receive(answer(0, OTHERS, 1));
    expect(bench.sent('status')).toHaveLength(1);
    bench.receive(answer(0, SETTINGS, 2)).receive(answer(3, SETTINGS, 2));
    expect(bench.sent('status')).toHaveLength(2);
    expect(takesPart(bench)).toBe(true);
  });

  it('D7: no primary is blamed while it is kept apart, and it is again afterwards', () => {
    const bench = told([2]);
    bench.receive(request(1));
    const clocks = () =>
      bench.effects.flatMap((each) =>
        (each.kind === 'set-timer' || each.kind === 'cancel-timer') && each.timer.kind === 'request'
          ? each.kind
          : [],
      );
    expect(clocks()).toEqual(['set-timer']);
    bench.receive(answer(3, OTHERS, 1));
    expect(clocks()).toEqual(['set-timer', 'cancel-timer']);
    bench.receive(answer(3, SETTINGS, 2));
    expect(clocks()).toEqual(['set-timer', 'cancel-timer', 'set-timer']);
  });

  it('D7, sibling: a replica that says this and that in turn is in the log once a minute', () => {
    const bench = told([]);
    for (let attempt = 0; attempt < 100; attempt += 1) {
      bench.pass(1000).receive(answer(3, attempt % 2 === 0 ? OTHERS : SETTINGS, attempt));
    }
    expect(bench.of('progress').length).toBeLessThanOrEqual(TOLERATED + 1);
  });
});

describe('settings', () => {
  it('D7: are named where they differ, or are on one side alone', () => {
    expect(differingSettings(SETTINGS, SETTINGS)).toEqual([]);
    expect(differingSettings(SETTINGS, OTHERS)).toEqual(['clientWindow']);
    expect(differingSettings(SETTINGS, [])).toEqual(['clientWindow', 'mode']);
    const made = [...SETTINGS, 'newer:0000000000000000', 'x:0000000000000000'];
    expect(differingSettings(SETTINGS, made)).toEqual(['unknown']);
    const [, mode] = SETTINGS;
    expect(differingSettings(['zeal:0000000000000000', ...SETTINGS], [`${mode}`, 'x:1'])).toEqual([
      'clientWindow',
      'unknown',
      'zeal',
    ]);
  });
});
