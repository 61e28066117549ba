import { describe, expect, it } from 'vitest';
import { Bench, request } from '../replica-bench.testkit.js';

const suspicion = (replica: number) =>
  ({ kind: 'suspicion', view: 0, replica, signature: 's' }) as const;

const left = (bench: Bench) => bench.of('progress').map(({ progress }) => progress);

describe('f + 1 that suspect the primary', () => {
  it('count as long as nobody of them had to say so again: twice the time of a request', () => {
    const after = (ms: number) => new Bench(1).receive(suspicion(2)).pass(ms).receive(suspicion(3));
    expect(after(4000).replica.status()).toMatchObject({ view: 1, active: false });
    expect(after(4001).replica.status()).toMatchObject({ view: 0, active: true });
  });

  it('are why this replica leaves, unless it has a reason of its own', () => {
    const others = new Bench(1).receive(suspicion(2)).receive(suspicion(3));
    expect(left(others)).toEqual([{ kind: 'left-view', view: 0, why: 'others-ask' }]);
    const own = new Bench(1).receive(request(1)).waitInVain();
    expect(left(own)).toEqual([{ kind: 'left-view', view: 0, why: 'request-waits' }]);
  });
});
