import { describe, expect, it } from 'vitest';
import { Bench, prePrepare, RUN, request, status } from './replica-bench.testkit.js';

const SETTINGS = ['mode:1111111111111111'];
const OTHERS = ['mode:2222222222222222'];

/** Replica 1 with a request that waits for its primary, when the broker goes away. */
function disconnected(differing: readonly number[]): Bench {
  const tuning = { settings: SETTINGS };
  const bench = new Bench(1, 'ccro', 'done', { tuning }).start();
  for (const replica of [2, 3]) bench.receive(status(replica, { settings: SETTINGS }));
  bench.receive(request(1));
  for (const replica of differing) {
    bench.receive(status(replica, { settings: OTHERS, answers: RUN }));
  }
  bench.disconnect();
  bench.effects = [];
  return bench;
}

function timers(bench: Bench): string[] {
  return bench.of('set-timer').map(({ timer }) => timer.kind);
}

describe('a replica whose broker is back', () => {
  it('says where it is, and gives the primary the whole time for what waits', () => {
    const bench = disconnected([]).connect();
    expect(timers(bench)).toEqual(['status', 'request']);
    expect(bench.sent('status')).toMatchObject([{ to: { kind: 'all' } }]);
  });

  it('says nothing of what was under way while it takes no part', () => {
    const tuning = { settings: SETTINGS };
    const bench = new Bench(1, 'pbft', 'done', { tuning }).start();
    for (const replica of [2, 3]) bench.receive(status(replica, { settings: SETTINGS }));
    bench.receive(prePrepare(1, [request(1)]));
    expect(bench.sent('vote')).toHaveLength(1);
    for (const replica of [2, 3]) {
      bench.receive(status(replica, { settings: OTHERS, answers: RUN }));
    }
    bench.disconnect();
    bench.effects = [];
    bench.connect();
    expect(bench.of('send').map(({ message }) => message.kind)).toEqual(['status']);
    expect(timers(bench)).toEqual(['status']);
  });

  it('blames nobody before it is back, also when it begins to take part meanwhile', () => {
    const tuning = { settings: SETTINGS };
    const bench = new Bench(1, 'ccro', 'done', { tuning }).start().receive(request(1));
    bench.disconnect();
    bench.effects = [];
    // What had come before the broker went away.
    for (const replica of [2, 3]) bench.receive(status(replica, { settings: SETTINGS }));
    expect(bench.replica.status().takesPart).toBe(true);
    expect(timers(bench)).not.toContain('request');
    bench.connect();
    expect(timers(bench)).toContain('request');
  });

  it('blames nobody while it takes no part', () => {
    const bench = disconnected([2, 3]).connect();
    expect(bench.replica.status().takesPart).toBe(false);
    expect(timers(bench)).toEqual(['status']);
    expect(bench.sent('status')).toMatchObject([{ to: { kind: 'all' } }]);
  });
});
