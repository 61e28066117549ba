import { describe, expect, it } from 'vitest';
import type { Request } from '../messages.js';
import { Bench, certified, request, status } from '../replica-bench.contract.js';

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

describe('A7, sibling: a backup that is back after an outage', () => {
  it('A7, sibling: reminds the primary until others had time to be back, and blames it then', () => {
    const bench = backup().outage();
    const asked: number[] = [];
    for (const _ of [1, 2, 3]) {
      bench.fire(TIMER, 1_000);
      asked.push(bench.sent('request').length);
      expect(bench.replica.status()).toMatchObject({ view: 0, active: true });
    }
    expect(asked).toEqual([1, 2, 3]);
    bench.fire(TIMER, 1_000);
    expect(bench.replica.status()).toMatchObject({ view: 1, active: false });
  });
});

describe('A7, sibling: a backup that has executed a slot since the outage', () => {
  it('A7, sibling: gives the primary no more than its usual time', () => {
    const bench = backup().outage();
    decide(bench, 1, request(2, { client: 'other', digest: 'o2' }));
    for (let half = 1; half <= 2; half += 1) bench.fire(TIMER, 1_000);
    expect(bench.replica.status()).toMatchObject({ view: 1, active: false });
  });
});

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

  const stays = { view: 0, active: true };
  const leaves = { view: 1, active: false };

  it('A7: the client, when others were executed that lie outside of one window with it', () => {
    const bench = reminded();
    execute(bench, LURE.timestamp - WINDOW, LURE.timestamp - 1);
    bench.fire(TIMER);
    expect(bench.replica.status()).toMatchObject({ ...stays, pooledRequests: 0 });
    expect(bench.rejects()).toContain('client-window-full');
  });

  it('A7: nobody, while those below it are executed', () => {
    const bench = reminded();
    execute(bench, LURE.timestamp - WINDOW + 1, LURE.timestamp - 1);
    bench.fire(TIMER);
    expect(bench.replica.status()).toMatchObject({ ...stays, pooledRequests: 1 });
    // It is watched anew, and then nothing more is executed.
    bench.fire(TIMER);
    expect(bench.sent('request')).toHaveLength(2);
    bench.fire(TIMER);
    expect(bench.replica.status()).toMatchObject(leaves);
  });

  it('A7: the primary, when it passed over what it had', () => {
    const bench = reminded();
    execute(bench, LURE.timestamp - 1, LURE.timestamp - 2, LURE.timestamp + 1);
    bench.fire(TIMER);
    expect(bench.replica.status()).toMatchObject(leaves);
  });

  it('A7: not the primary for what it had proposed before it knew', () => {
    const tuning = { clientWindow: WINDOW, maxInFlightSlots: 1 };
    const bench = new Bench(1, 'pbft', 'done', { tuning }).receive(LURE).fire(TIMER);
    execute(bench, LURE.timestamp - 1, LURE.timestamp + 1);
    bench.fire(TIMER);
    expect(bench.replica.status()).toMatchObject(stays);
  });

  it('A7: not a primary whose window may have been full', () => {
    const bench = reminded();
    execute(bench, ...[1, 2, 3, 4].map((below) => LURE.timestamp - below), LURE.timestamp + 1);
    bench.fire(TIMER);
    expect(bench.replica.status()).toMatchObject(stays);
  });

  it('A7: nor one whose window may have been full of large requests', () => {
    const bench = reminded();
    const operation = 'x'.repeat(5 * 1024 * 1024);
    decide(bench, 1, request(LURE.timestamp - 1, { operation }));
    decide(bench, 2, request(LURE.timestamp - 2));
    decide(bench, 3, request(LURE.timestamp + 1));
    bench.fire(TIMER);
    expect(bench.replica.status()).toMatchObject(stays);
  });

  it('A7: the primary that serves others, but not this client', () => {
    const bench = reminded();
    const others = [1, 2, 3].map((timestamp) =>
      request(timestamp, { client: 'other', digest: `o${timestamp}` }),
    );
    others.forEach((each, index) => decide(bench, index + 1, each));
    bench.fire(TIMER);
    expect(bench.replica.status()).toMatchObject(leaves);
  });

  it('A7: a client that is served is watched for after the others', () => {
    const bench = reminded();
    const other = request(5, { client: 'other', digest: 'other' });
    bench.receive(other);
    execute(bench, LURE.timestamp - 1);
    bench.fire(TIMER).fire(TIMER);
    expect(bench.sent('request').at(-1)?.message).toMatchObject({ client: 'other' });
    bench.fire(TIMER);
    expect(bench.replica.status()).toMatchObject(leaves);
  });
});

describe('suspecting the primary (PBFT, section 4.4)', () => {
  it('passes the request on half way, and leaves when it still waits', () => {
    const bench = backup().fire(TIMER);
    expect(bench.sent('request')).toMatchObject([
      { to: { kind: 'replica', id: 0 }, message: WAITING },
    ]);
    expect(bench.replica.status()).toMatchObject({ view: 0, active: true });
    bench.fire(TIMER);
    expect(bench.sent('request')).toHaveLength(1);
    expect(bench.replica.status()).toMatchObject({ view: 1, active: false });
  });

  it('blames nobody while it is behind itself, which takes the word of f + 1', () => {
    const bench = backup().fire(TIMER);
    hearOf(bench, 1);
    bench.fire(TIMER).fire(TIMER);
    expect(bench.replica.status()).toMatchObject({ view: 0, active: true });
    expect(bench.of('set-timer').at(-1)).toMatchObject({ timer: TIMER });
  });

  it('is not held back by one replica that claims to be ahead', () => {
    const bench = backup();
    bench.receive(status(3, { lastExecuted: 99 }));
    bench.fire(TIMER).fire(TIMER);
    expect(bench.replica.status()).toMatchObject({ view: 1, active: false });
  });
});
