import { describe, expect, it } from 'vitest';
import { Bench, RUN, decision, request, status } from './replica-bench.testkit.js';

const SETTINGS = ['mode:1111111111111111'];
const OTHERS = ['mode:2222222222222222'];

describe('the status of another replica', () => {
  it('is not what a primary said itself, when it waits for the word of a quorum', () => {
    const bench = new Bench(0).receive(request(1)).receive(status(0)).receive(status(1));
    expect(bench.sent('pre-prepare')).toEqual([]);
    bench.receive(status(2));
    expect(bench.sent('pre-prepare')).toHaveLength(1);
  });

  it('has it helped into the present view if it is in an earlier one', () => {
    const bench = new Bench(3).enterView();
    bench.receive(status(2, { view: 1, attempt: 1 }));
    expect(bench.sent('new-view')).toEqual([]);
    bench.receive(status(2, { view: 0, attempt: 1 }));
    expect(bench.sent('new-view')).toMatchObject([{ to: { kind: 'replica', id: 2 } }]);
  });

  it('has nothing passed on by who takes no part', () => {
    const bench = new Bench(1, 'ccro', 'done', { tuning: { settings: SETTINGS } });
    bench.receive(decision(1)).receive(status(0, { settings: SETTINGS }));
    expect(bench.of('send-decisions')).toMatchObject([{ to: 0 }]);
    for (const replica of [2, 3]) {
      bench.receive(status(replica, { settings: OTHERS, answers: RUN, lastExecuted: 1 }));
    }
    bench.receive(status(0, { settings: SETTINGS }));
    expect(bench.replica.status().takesPart).toBe(false);
    expect(bench.of('send-decisions')).toHaveLength(1);
  });

  it.each([
    ['is answered, whoever is asked,', 'differs', OTHERS, 1],
    ['is left to others to answer', 'does not differ', SETTINGS, 0],
  ])('%s when it asks and %s', (_, __, settings, answers) => {
    const bench = new Bench(1, 'ccro', 'done', { tuning: { settings: SETTINGS } });
    bench.receive(status(3, { asks: true, attempt: 1, settings }));
    const sent = bench.sent('status').map(({ message }) => message);
    const answered = sent.filter((each) => 'answers' in each && each.answers === 'run-3');
    expect(answered).toHaveLength(answers);
  });
});
