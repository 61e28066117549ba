import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeptAlive, type RestartPolicy } from './kept-alive.js';

const POLICY: RestartPolicy = {
  firstDelayMs: 500,
  maxDelayMs: 2_000,
  steadyAfterMs: 10_000,
  attempts: 4,
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function kept(start: () => Promise<void>, mayGiveUp = () => true) {
  const notices: string[] = [];
  const givenUp: string[] = [];
  const starts: number[] = [];
  const startedAt = performance.now();
  const keeper = new KeptAlive(
    {
      name: 'node 2',
      start: () => {
        starts.push(performance.now() - startedAt);
        return start();
      },
    },
    {
      onNotice: (line) => notices.push(line),
      onGivenUp: (name) => givenUp.push(name),
    },
    POLICY,
    mayGiveUp,
  );
  return { keeper, notices, givenUp, starts };
}

describe('KeptAlive', () => {
  it('F1: starts again at once what was killed, and says what ended, why, and that it is back', async () => {
    const { keeper, notices, starts } = kept(() => Promise.resolve());
    keeper.ended('SIGKILL');
    await vi.advanceTimersByTimeAsync(0);
    expect(starts).toEqual([0]);
    expect(notices).toEqual(['node 2 ended (SIGKILL). Starting it again.', 'node 2 is back.']);
  });

  it('F1: waits longer each time it ends at its start, and gives up in the end', async () => {
    const { keeper, notices, givenUp, starts } = kept(() => Promise.reject(new Error('no disk')));
    keeper.ended('exit code 1');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(starts).toEqual([0, 500, 1_500, 3_500]);
    expect(givenUp).toEqual(['node 2']);
    expect(notices.at(-1)).toBe(
      'node 2 ended (no disk). It is not started again: 4 starts in a row failed.',
    );
    keeper.ended('SIGKILL');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(starts).toHaveLength(4);
  });

  it('F1, sibling: one that dies soon after each good start is bounded as well', async () => {
    const { keeper, givenUp, starts } = kept(() => Promise.resolve());
    for (let index = 0; index < 10; index += 1) {
      keeper.ended('SIGSEGV');
      await vi.advanceTimersByTimeAsync(5_000);
    }
    expect(starts).toHaveLength(4);
    expect(givenUp).toEqual(['node 2']);
  });

  it('F1, sibling: one that is killed now and then is started again each time, at once', async () => {
    const { keeper, givenUp, starts } = kept(() => Promise.resolve());
    for (let index = 0; index < 20; index += 1) {
      await vi.advanceTimersByTimeAsync(10_000);
      keeper.ended('SIGKILL');
      await vi.advanceTimersByTimeAsync(0);
      expect(starts).toHaveLength(index + 1);
    }
    expect(givenUp).toEqual([]);
  });

  it('F1, sibling: goes on trying, slowly, while what it needs is away', async () => {
    let isAway = true;
    const start = () => (isAway ? Promise.reject(new Error('no Redis')) : Promise.resolve());
    const { keeper, notices, givenUp, starts } = kept(start, () => !isAway);
    keeper.ended('SIGKILL');
    await vi.advanceTimersByTimeAsync(600_000);
    expect(starts.length).toBeGreaterThan(200);
    expect(starts.length).toBeLessThan(400);
    isAway = false;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(givenUp).toEqual([]);
    expect(notices.at(-1)).toBe('node 2 is back.');
  });

  it('starts nothing after it was stopped', async () => {
    const { keeper, starts } = kept(() => Promise.reject(new Error('no disk')));
    keeper.ended('SIGKILL');
    await vi.advanceTimersByTimeAsync(0);
    await keeper.stop();
    keeper.ended('SIGKILL');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(starts).toHaveLength(1);
  });

  it('I8, sibling: shows the last output of a process without their escapes, and cut', () => {
    const { keeper, notices } = kept(() => Promise.resolve());
    keeper.ended(`\u001b[2J\n${'x'.repeat(10_000)}`);
    expect(notices[0]).toMatch(
      /^node 2 ended \(\\u\{1b\}\[2J\\nx{100,600} … \(10005 characters\)\)/,
    );
    void keeper.stop();
  });
});
