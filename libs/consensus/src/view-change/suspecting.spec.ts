import { describe, expect, it } from 'vitest';
import type { Request } from '../messages/index.js';
import {
  Bench,
  certified,
  prePrepare,
  replicaState,
  request,
  status,
} from '../replica-bench.testkit.js';
import type { ReplicaState } from '../state/replica-state.js';
import { MAX_CLIENT_POOL_BYTES } from '../state/request-pool.js';
import { noteServed } from '../slot/executing.js';
import type { WatchedRequest } from '../state/watched-request.js';
import { onRequestWaits, watchOldestRequest } from './suspecting.js';

const TIMER = { kind: 'request', view: 0 } as const;
const WAITING = request(1);

/** A backup in view 0 with one request that came on the broadcast channel. */
function backup(): Bench {
  return new Bench(1).receive(WAITING);
}

function hearOf(bench: Bench, lastExecuted: number): void {
  for (const replica of [2, 3]) {
    bench.receive(status(replica, { lastExecuted }));
  }
}

/** A slot with one request was decided, and this replica hears of it. */
function decide(bench: Bench, sequence: number, decided: Request): void {
  const digest = `batch(${decided.digest})`;
  const certificate = { ...certified('commit', digest), sequence };
  bench.receive({ kind: 'decision', sequence, view: 0, digest, requests: [decided], certificate });
}

describe('A7: whom a backup blames for a request that waits', () => {
  const WINDOW = 16;
  const TIME_MS = 2000;
  const LURE = request(1000);

  /** A backup with one request that the primary was reminded of some time ago. */
  function reminded(): Bench {
    const tuning = { clientWindow: WINDOW, maxInFlightSlots: 1 };
    const bench = new Bench(1, 'pbft', 'done', { tuning }).receive(LURE).fire(TIMER);
    return bench.fire({ kind: 'status' }, TIME_MS / 2);
  }

  function execute(bench: Bench, ...timestamps: number[]): void {
    timestamps.forEach((timestamp, index) => decide(bench, index + 1, request(timestamp)));
  }

  function expectBlamed(bench: Bench, isBlamed: boolean): void {
    expect(bench.sent('suspicion')).toHaveLength(isBlamed ? 1 : 0);
    expect(bench.replica.status()).toMatchObject({ view: 0, active: true });
  }

  it('A7: the client, when others were executed that lie outside of one window with it', () => {
    const bench = reminded();
    execute(bench, LURE.timestamp - WINDOW, LURE.timestamp - 1);
    bench.fire(TIMER);
    expectBlamed(bench, false);
    expect(bench.replica.status().pooledRequests).toBe(0);
    expect(bench.rejects()).toContain('client-window-full');
  });

  it('A7: nobody, while those below it are executed', () => {
    const bench = reminded();
    execute(bench, LURE.timestamp - WINDOW + 1, LURE.timestamp - 1);
    bench.fire(TIMER, 0);
    expectBlamed(bench, false);
    expect(bench.replica.status().pooledRequests).toBe(1);
    // It is watched anew, and then nothing more is executed.
    bench.fire(TIMER);
    expect(bench.sent('request')).toHaveLength(2);
    bench.fire(TIMER);
    expectBlamed(bench, true);
  });

  it('A7: the primary, when it passed over what it had', () => {
    const bench = reminded();
    execute(bench, LURE.timestamp - 1, LURE.timestamp - 2, LURE.timestamp + 1);
    bench.fire(TIMER);
    expectBlamed(bench, true);
  });

  it('A7: not the primary for what it had proposed before it knew', () => {
    const tuning = { clientWindow: WINDOW, maxInFlightSlots: 1 };
    const bench = new Bench(1, 'pbft', 'done', { tuning }).receive(LURE).fire(TIMER);
    execute(bench, LURE.timestamp - 1, LURE.timestamp + 1);
    bench.fire(TIMER);
    expectBlamed(bench, false);
  });

  it('A7: not a primary whose window may have been full', () => {
    const bench = reminded();
    execute(bench, ...[1, 2, 3, 4].map((below) => LURE.timestamp - below), LURE.timestamp + 1);
    bench.fire(TIMER);
    expectBlamed(bench, false);
  });

  it('A7: nor one whose window may have been full of large requests', () => {
    const bench = reminded();
    const operation = 'x'.repeat(5 * 1024 * 1024);
    decide(bench, 1, request(LURE.timestamp - 1, { operation }));
    decide(bench, 2, request(LURE.timestamp - 2));
    decide(bench, 3, request(LURE.timestamp + 1));
    bench.fire(TIMER);
    expectBlamed(bench, false);
  });

  it('A7: the primary that serves others, but not this client', () => {
    const bench = reminded();
    const others = [1, 2, 3].map((timestamp) =>
      request(timestamp, { client: 'other', digest: `o${timestamp}` }),
    );
    others.forEach((each, index) => decide(bench, index + 1, each));
    bench.fire(TIMER);
    expectBlamed(bench, true);
  });

  /** One request of the client was executed after `afterMs`, the primary had its time, and `LURE` waits. */
  function servedOnce(afterMs: number): Bench {
    const tuning = { clientWindow: WINDOW, maxInFlightSlots: 1 };
    const bench = new Bench(1, 'pbft', 'done', { tuning }).receive(LURE).pass(afterMs);
    execute(bench, LURE.timestamp - 1);
    bench.fire(TIMER, TIME_MS / 2 - afterMs).fire(TIMER, TIME_MS / 2);
    expectBlamed(bench, false);
    return bench;
  }

  it('A7: the primary that served a client and then stopped, without waiting for it twice', () => {
    const bench = servedOnce(10);
    // It was watched for all the time but 10 ms: the primary is reminded, and a quarter is left.
    expect(bench.sent('request')).toHaveLength(2);
    const afterMs = TIME_MS / 4;
    expect(bench.of('set-timer').at(-1)).toMatchObject({ timer: TIMER, afterMs });
    expectBlamed(bench.fire(TIMER, afterMs), true);
  });

  it.each([
    [1000, 1000],
    [400, 500],
  ])('A7: what was executed after %i ms excuses the primary up to then', (ms, leftMs) => {
    const bench = servedOnce(ms);
    expect(bench.sent('request')).toHaveLength(2);
    expect(bench.of('set-timer').at(-1)).toMatchObject({ timer: TIMER, afterMs: leftMs });
  });

  it('A7: who was served late is watched for at once, and the primary reminded half way', () => {
    const bench = reminded();
    execute(bench, LURE.timestamp - 1);
    bench.fire(TIMER, 300);
    expect(bench.sent('request')).toHaveLength(1);
    expect(bench.of('set-timer').at(-1)).toMatchObject({ timer: TIMER, afterMs: 700 });
  });

  it('A7: a client that is served is watched for after the others', () => {
    const bench = reminded();
    const other = request(5, { client: 'other', digest: 'other' });
    bench.receive(other);
    execute(bench, LURE.timestamp - 1);
    bench.fire(TIMER, 0).fire(TIMER);
    expect(bench.sent('request').at(-1)?.message).toMatchObject({ client: 'other' });
    bench.fire(TIMER);
    expectBlamed(bench, true);
  });
});

describe('A7: what tells why a request waits', () => {
  const unserved = { served: 0, servedBytes: 0, clientAtFault: false, passedOver: false };
  const reminded = { atMs: 1000, executed: 5 };

  /** Replica 1, which holds a request of timestamp 1000 and watches the primary for it. */
  function watching(watched: Partial<WatchedRequest>, here: Partial<ReplicaState>): ReplicaState {
    const { digest, client, timestamp, ...rest } = request(1000);
    const state = Object.assign(replicaState(1, { maxInFlightSlots: 16 }), here);
    state.pool.add({ digest, client, timestamp, ...rest }, true);
    state.watchedRequest = { digest, client, timestamp, reminded, ...unserved, ...watched };
    return state;
  }

  it.each([
    ['one above it that was proposed later', true, {}],
    ['one below it', false, { timestamp: 999 }],
    ['one that may have been on its way', false, { nowMs: 1499 }],
    ['one that may have been proposed before', false, { lastExecuted: 21 }],
    ['one before the primary was reminded', false, { remindedAt: undefined }],
  ])('%s tells that it was passed over: %s', (_, isPassedOver, change) => {
    const late = { timestamp: 1001, remindedAt: reminded, nowMs: 1500, lastExecuted: 22 };
    const { timestamp, remindedAt, ...here } = { ...late, ...change };
    const state = watching({ reminded: remindedAt }, here);
    noteServed(state, request(timestamp));
    expect(state.watchedRequest).toMatchObject({ served: 1, passedOver: isPassedOver });
  });

  it.each([
    ['itself', request(1000)],
    ['those of other clients', request(1001, { client: 'other' })],
  ])('%s tell nothing', (_, served) => {
    const state = watching({}, { nowMs: 9000, lastExecuted: 99 });
    noteServed(state, served);
    expect(state.watchedRequest).toMatchObject(unserved);
  });

  it.each([
    ['a few small ones', true, { served: 1023, servedBytes: MAX_CLIENT_POOL_BYTES / 4 - 1 }],
    ['a quarter of its window', false, { served: 1024 }],
    ['a quarter of its memory', false, { served: 1, servedBytes: MAX_CLIENT_POOL_BYTES / 4 }],
  ])('the primary had room when %s of its client were executed: %s', (_, hadRoom, served) => {
    const state = watching({ ...served, passedOver: true }, {});
    onRequestWaits(state);
    const said = state
      .takeEffects()
      .flatMap((effect) => (effect.kind === 'send' ? [effect.message.kind] : []));
    expect(said).toEqual(hadRoom ? ['request', 'suspicion'] : []);
  });
});

describe('watching the primary', () => {
  const ended = (bench: Bench) => bench.of('cancel-timer').map(({ timer }) => timer);
  const clocks = (bench: Bench, kind: string) =>
    bench.of('set-timer').filter(({ timer }) => timer.kind === kind).length;

  /** Replica 1 with two requests: the first one is watched. */
  function holding(here: Partial<ReplicaState> = {}): ReplicaState {
    const state = Object.assign(replicaState(1), here);
    for (const timestamp of [1, 2]) state.pool.add(request(timestamp), true);
    watchOldestRequest(state);
    return state;
  }

  it.each([
    ['has not begun', { active: false }],
    ['is not listened for', { paused: true }],
  ])('is not done while its view %s', (_, here) => {
    const state = holding(here);
    expect([state.watchedRequest, state.takeEffects()]).toEqual([undefined, []]);
  });

  it('ends when nothing waits any more', () => {
    const bench = backup();
    expect([clocks(bench, 'request'), ended(bench)]).toEqual([1, []]);
    decide(bench, 1, WAITING);
    expect(ended(bench)).toContainEqual(TIMER);
    bench.fire(TIMER);
    expect(bench.sent('request')).toEqual([]);
  });

  it('goes on with another request when the one that waits never executes any more', () => {
    const state = holding();
    const result = { timestamp: 1, request: 'another', sequence: 1, batch: 'b', result: 'done' };
    state.clients.record('c', result);
    onRequestWaits(state);
    watchOldestRequest(state);
    expect(state.pool.size).toBe(1);
    expect(state.watchedRequest).toMatchObject({ timestamp: 2, reminded: undefined });
  });

  it('goes on with another request when that one is held no more', () => {
    const state = holding();
    state.pool.remove('c', 1);
    onRequestWaits(state);
    watchOldestRequest(state);
    expect(state.watchedRequest).toMatchObject({ timestamp: 2, reminded: undefined });
  });

  it('begins when a clock runs out that was for nothing', () => {
    const state = holding();
    state.watchedRequest = undefined;
    onRequestWaits(state);
    watchOldestRequest(state);
    expect(state.watchedRequest).toMatchObject({ timestamp: 1 });
  });

  it('begins anew after an outage', () => {
    const bench = backup().disconnect();
    expect(ended(bench)).toEqual([{ kind: 'new-view', view: 0 }, TIMER]);
    bench.fire(TIMER);
    expect(bench.sent('request')).toEqual([]);
    bench.connect();
    expect(clocks(bench, 'request')).toBe(2);
    bench.fire(TIMER);
    expect(bench.sent('request')).toHaveLength(1);
  });

  it('begins anew after an outage while a view does not begin', () => {
    const bench = new Bench(1, 'pbft').leaveView();
    const asks = { kind: 'view-change', view: 1, replica: 0, digest: 'vc0', signature: 's' };
    bench.receive({ ...asks, stable: { sequence: 0, digest: '', certificate: null }, slots: [] });
    expect(clocks(bench, 'new-view')).toBe(1);
    const late = { kind: 'new-view', view: 1 } as const;
    bench.disconnect().fire(late);
    expect(bench.sent('suspicion')).toEqual([]);
    bench.connect();
    expect(clocks(bench, 'new-view')).toBe(2);
    bench.fire(late);
    expect(bench.sent('suspicion')).toHaveLength(1);
    expect(bench.of('set-timer').at(-1)).toMatchObject({ timer: late, afterMs: 1000 });
  });

  it('is of no use for a view that has begun', () => {
    const bench = new Bench(2, 'pbft').enterView().fire({ kind: 'new-view', view: 1 });
    expect(bench.sent('suspicion')).toEqual([]);
  });
});

describe('suspecting the primary (PBFT, section 4.4)', () => {
  it('passes the request on half way, and says so to all when it still waits', () => {
    const bench = backup().fire(TIMER);
    expect(bench.sent('request')).toMatchObject([
      { to: { kind: 'replica', id: 0 }, message: WAITING },
    ]);
    expect(bench.sent('suspicion')).toEqual([]);
    bench.fire(TIMER);
    expect(bench.sent('request')).toHaveLength(2);
    expect(bench.sent('suspicion')).toEqual([
      {
        kind: 'send',
        to: { kind: 'all' },
        message: { kind: 'suspicion', view: 0, replica: 1 },
      },
    ]);
  });

  it('blames nobody while it is behind itself, which takes the word of f + 1', () => {
    const bench = backup().fire(TIMER);
    hearOf(bench, 1);
    bench.fire(TIMER).fire(TIMER);
    expect(bench.sent('suspicion')).toEqual([]);
    expect(bench.of('set-timer').at(-1)).toMatchObject({ timer: TIMER, afterMs: 1000 });
  });

  it('is not held back by one replica that claims to be ahead', () => {
    const bench = backup();
    bench.receive(status(3, { lastExecuted: 99 }));
    bench.fire(TIMER).fire(TIMER);
    expect(bench.sent('suspicion')).toHaveLength(1);
  });
});

describe('A7: leaving the view of a primary that is suspected', () => {
  const inView0 = { view: 0, active: true };
  const left = { view: 1, active: false };

  const suspicion = (replica: number, view = 0) =>
    ({ kind: 'suspicion', view, replica, signature: `s${replica}` }) as const;

  function suspecting(): Bench {
    const bench = backup().fire(TIMER).fire(TIMER);
    expect(bench.sent('suspicion')).toHaveLength(1);
    return bench;
  }

  it('A7: nobody leaves alone: who suspects takes part, and says so again', () => {
    const bench = suspecting();
    expect(bench.replica.status()).toMatchObject(inView0);
    // Long before what it said lapses at the others.
    expect(bench.of('set-timer').at(-1)).toMatchObject({ timer: TIMER, afterMs: 1000 });
    bench.receive(prePrepare(1, [request(2)]));
    expect(bench.sent('vote')).toHaveLength(1);
    bench.fire(TIMER).fire(TIMER);
    expect(bench.sent('suspicion')).toHaveLength(3);
    expect(bench.sent('view-change')).toEqual([]);
  });

  it('A7: f + 1 leave, whether or not this replica suspects the primary', () => {
    const one = suspecting().receive(suspicion(3));
    expect(one.replica.status()).toMatchObject(left);
    const other = new Bench(1).receive(suspicion(3));
    expect(other.replica.status()).toMatchObject(inView0);
    other.receive(suspicion(3));
    expect(other.replica.status()).toMatchObject(inView0);
    other.receive(suspicion(2));
    expect(other.replica.status()).toMatchObject(left);
  });

  it('A7, sibling: also with who asks for a later view already, whichever came first', () => {
    const asks = {
      ...{ kind: 'view-change', view: 1, replica: 2, digest: 'vc2', signature: 's' },
      ...{ stable: { sequence: 0, digest: '', certificate: null }, slots: [] },
    };
    expect(suspecting().receive(asks).replica.status()).toMatchObject(left);
    const bench = backup().receive(asks);
    expect(bench.replica.status()).toMatchObject(inView0);
    expect(bench.fire(TIMER).fire(TIMER).replica.status()).toMatchObject(left);
  });

  it('A7, sibling: not for one of another view, nor for one that was not repeated', () => {
    const bench = new Bench(1).receive(suspicion(3, 1)).receive(suspicion(2));
    expect(bench.replica.status()).toMatchObject(inView0);
    const later = new Bench(1).receive(suspicion(2)).pass(4001).fire({ kind: 'status' }, 0);
    later.receive(suspicion(3));
    expect(later.replica.status()).toMatchObject(inView0);
    later.receive(suspicion(2));
    expect(later.replica.status()).toMatchObject(left);
  });

  it('A7, sibling: who was told alone shows it to those that stay, until a quorum asks for the next view', () => {
    const bench = suspecting().receive(suspicion(3));
    const due = { kind: 'view-change', view: 1, attempt: 0 } as const;
    bench.fire(due);
    const shown = (kind: string) => bench.sent(kind).filter(({ to }) => to.kind === 'replica');
    expect(shown('suspicion')).toHaveLength(3);
    for (const id of [0, 2, 3]) {
      const to = { kind: 'replica', id };
      expect(shown('suspicion')).toContainEqual({ kind: 'send', to, message: suspicion(3) });
    }
    const asks = (replica: number) => {
      const stable = { sequence: 0, digest: '', certificate: null };
      const base = { kind: 'view-change', view: 1, stable, slots: [], signature: 's' };
      return { ...base, replica, digest: `vc${replica}` };
    };
    bench
      .receive(asks(1))
      .receive(asks(2))
      .fire({ ...due, attempt: 1 });
    expect(
      shown('suspicion')
        .map(({ to }) => to)
        .slice(3),
    ).toMatchObject([{ id: 3 }, { id: 0 }]);
    expect(shown('view-change')).toMatchObject(
      [3, 0].map((id) => ({ to: { id }, message: { replica: 2, signature: 's' } })),
    );
    bench.receive(asks(0)).fire({ ...due, attempt: 2 });
    expect(shown('suspicion')).toHaveLength(5);
  });

  it('A7, sibling: who suspects the primary of a view that is over is helped into this one', () => {
    const bench = new Bench(2);
    const stable = { sequence: 0, digest: '', certificate: null };
    const base = { kind: 'view-change', view: 1, stable, slots: [], signature: 's' };
    const referred = [0, 1, 3].map((replica) => ({ replica, digest: `vc${replica}` }));
    for (const each of referred) bench.receive({ ...base, ...each });
    bench.receive({
      ...{ kind: 'new-view', view: 1, viewChanges: referred, reproposals: [] },
      ...{ replica: 1, signature: 's' },
    });
    expect(bench.replica.status()).toMatchObject({ view: 1, active: true });
    for (let times = 0; times < 4; times += 1) bench.receive(suspicion(3));
    expect(bench.sent('new-view').map(({ to }) => to)).toContainEqual({ kind: 'replica', id: 3 });
  });

  it('A7, sibling: a view that did not begin here is waited for until f + 1 want the next one', () => {
    const bench = suspecting().receive(suspicion(3));
    const stable = { sequence: 0, digest: '', certificate: null };
    const base = { kind: 'view-change', view: 1, stable, slots: [], signature: 's' };
    // Nobody is late before a quorum asks for the view.
    for (const replica of [1, 2]) bench.receive({ ...base, replica, digest: `vc${replica}` });
    const timed = () => bench.of('set-timer').filter(({ timer }) => timer.kind === 'new-view');
    expect(timed()).toEqual([]);
    bench.receive({ ...base, replica: 3, digest: 'vc3' });
    expect(timed()).toHaveLength(1);
    bench.fire({ kind: 'new-view', view: 1 });
    expect(bench.sent('suspicion').at(-1)?.message).toMatchObject({ view: 1, replica: 1 });
    expect(timed()).toHaveLength(2);
    expect(bench.replica.status()).toMatchObject(left);
    bench.receive(suspicion(3, 1));
    expect(bench.replica.status()).toMatchObject({ view: 2, active: false });
    bench.fire({ kind: 'new-view', view: 1 });
    expect(timed()).toHaveLength(2);
  });

  it('A7, sibling: nobody leaves while the broker is away', () => {
    const bench = suspecting();
    bench.disconnect().receive(suspicion(3));
    expect(bench.replica.status()).toMatchObject(inView0);
  });

  it('A7: what is known, or its own, is not checked again', () => {
    const bench = new Bench(1).receive(suspicion(3));
    expect(bench.replica.screen(suspicion(1) as never)).toBe('own-echo');
    expect(bench.replica.screen(suspicion(3) as never)).toBe('duplicate');
    expect(bench.replica.screen(suspicion(2) as never)).toBe('wanted');
    expect(bench.replica.screen(suspicion(3, 1) as never)).toBe('wanted');
    bench.fire({ kind: 'status' }, 501);
    expect(bench.replica.screen(suspicion(3) as never)).toBe('wanted');
  });
});
