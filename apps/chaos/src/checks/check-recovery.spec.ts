import { describe, expect, it } from 'vitest';
import type { Fault } from '../faults/planned-fault.js';
import type { Call } from '../workload/history.js';
import { aCall, aDecidedCall, anIncident, append } from './call.testkit.js';
import { checkRecovery, recoveries, summarize } from './check-recovery.js';

const KILL: Fault = { kind: 'kill', victim: { role: 'primary' }, downMs: 100 };
const REDIS: Fault = { kind: 'redis-kill', downMs: 100 };
const BOUND = { primaryKilledMs: 3_000, collectorKilledMs: 500 };

function answered(startMs: number, endMs: number): Call {
  const output = { kind: 'append', index: 1, hash: 'h' } as const;
  return aDecidedCall(append('x'), [startMs, endMs], { id: 'c-1', sequence: 1, output });
}

describe('the time to the next decision', () => {
  it('is that of the first answer to what was asked after the fault', () => {
    const calls = [
      answered(500, 1_001), // may have been decided before
      answered(1_010, 3_400),
      answered(1_200, 3_200),
      answered(3_100, 3_300),
      aCall(append('never'), [1_005, 1_020]),
    ];
    const [recovery] = recoveries([anIncident(KILL, 'primary', [1_000, 5_000])], calls, 9_000);
    expect(recovery).toMatchObject({ decidedAfterMs: 2_200, isOverlapped: false });
  });

  it('is held against what a call took just before', () => {
    const calls = [
      answered(600, 800),
      answered(700, 950),
      answered(300, 900),
      answered(1_100, 1_900),
    ];
    const list = recoveries([anIncident(KILL, 'primary', [1_000, 5_000])], calls, 9_000);
    expect(list).toMatchObject([{ decidedAfterMs: 900, usualMs: 250 }]);
    expect(summarize(list, BOUND)).toMatchObject([{ maxMs: 650 }]);
  });

  it('is marked when another fault was going on before it was over', () => {
    const calls = [answered(1_100, 2_000), answered(6_000, 6_100)];
    const marks = recoveries(
      [
        anIncident(KILL, 'primary', [1_000, 4_000]),
        anIncident(REDIS, undefined, [1_900, 2_500]),
        anIncident(KILL, 'primary', [5_500, 7_000]),
      ],
      calls,
      9_000,
    ).map(({ isOverlapped }) => isOverlapped);
    expect(marks).toEqual([true, true, false]);
  });

  it('is missing when nothing was decided any more', () => {
    const list = recoveries([anIncident(KILL, 'primary', [1_000, 5_000])], [answered(1, 2)], 9_000);
    expect(list[0]?.decidedAfterMs).toBeUndefined();
    expect(checkRecovery(list, summarize(list, BOUND)).findings).toEqual([
      expect.stringMatching(/primary killed .*p95 Infinity ms, allowed 3000 ms/),
      expect.stringMatching(/nothing was decided any more/),
    ]);
  });
});

describe('the bounds', () => {
  /** So many kills with nothing else, each decided again after so many milliseconds. */
  function kills(role: string, timesMs: readonly number[]): ReturnType<typeof recoveries> {
    const starts = timesMs.map((_, index) => index * 10_000);
    const calls = timesMs.map((timeMs, index) => {
      const startMs = starts[index] ?? 0;
      return answered(startMs, startMs + timeMs);
    });
    const incidents = starts.map((startMs) => anIncident(KILL, role, [startMs, startMs + 9_000]));
    return recoveries(incidents, calls, timesMs.length * 10_000);
  }

  it('hold for kills with nothing else going on', () => {
    const list = [...kills('primary', [2_100, 2_300]), ...kills('collector', [40, 90])];
    const summaries = summarize(list, BOUND);
    expect(
      summaries.map(({ what, p50Ms, maxMs, boundMs }) => [what, p50Ms, maxMs, boundMs]),
    ).toEqual([
      ['collector killed', 40, 90, 500],
      ['primary killed', 2_100, 2_300, 3_000],
    ]);
    expect(checkRecovery(list, summaries).findings).toEqual([]);
  });

  it.each([
    ['primary', 3_100],
    ['collector', 501],
  ])('are broken by a %s that is replaced too late', (role, timeMs) => {
    const list = kills(role, [timeMs]);
    expect(checkRecovery(list, summarize(list, BOUND)).findings).toEqual([
      expect.stringMatching(new RegExp(`^${role} killed .*${timeMs} ms, allowed`)),
    ]);
  });

  it('hold for p95: one of twenty may be late', () => {
    const times = Array.from({ length: 20 }, (_, index) => (index === 7 ? 4_000 : 2_000));
    const list = kills('primary', times);
    expect(checkRecovery(list, summarize(list, BOUND)).findings).toEqual([]);
  });

  it('do not hold for kills with other faults at the time', () => {
    const overlapped = recoveries(
      [anIncident(KILL, 'primary', [0, 9_000]), anIncident(REDIS, undefined, [100, 200])],
      [answered(0, 6_000)],
      9_000,
    );
    const summaries = summarize(overlapped.slice(0, 1), BOUND);
    expect(summaries).toMatchObject([
      { what: 'primary killed, with other faults at the time', boundMs: undefined },
    ]);
    expect(checkRecovery(overlapped.slice(0, 1), summaries).findings).toEqual([]);
  });
});
