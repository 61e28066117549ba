import { describe, expect, it } from 'vitest';
import { Bench, request } from '../replica-bench.contract.js';

const TIMER = { kind: 'request', view: 0 } as const;
const WAITING = request(1);

/** A backup in view 0 with one request that came on the broadcast channel. */
function backup(): Bench {
  return new Bench(1).receive(WAITING);
}

function hearOf(bench: Bench, lastExecuted: number): void {
  for (const replica of [2, 3]) {
    const status = { kind: 'status', replica, view: 0, lastExecuted, attempt: 0 };
    bench.receive({ ...status, asks: false, signature: 's' });
  }
}

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
    const lie = { kind: 'status', replica: 3, view: 0, lastExecuted: 99, attempt: 0 };
    bench.receive({ ...lie, asks: false, signature: 's' });
    bench.fire(TIMER).fire(TIMER);
    expect(bench.replica.status()).toMatchObject({ view: 1, active: false });
  });
});
