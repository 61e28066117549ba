import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { SteppedClock } from './stepped-clock.js';

const DAY_MS = 86_400_000;
const never = new AbortController().signal;

/** Says at each line what its clocks say: by both ways to ask, and the one that is never set. */
const PROGRAM = `
  const say = () => console.log(JSON.stringify([Date.now(), +new Date(), performance.now()]));
  process.stdin.on('data', say);
  say();`;

it('is off while the program runs, and at its start, and right again', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ccro-clock-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const clock = await SteppedClock.at(join(directory, 'it'), -60_000);
  const child = spawn(process.execPath, ['-e', PROGRAM], {
    env: { NODE_OPTIONS: clock.nodeOption },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const offBy = async (): Promise<readonly [number, number, number]> => {
    const { value } = await lines.next();
    const [now, date, monotonic] = JSON.parse(String(value)) as [number, number, number];
    const seconds = (ms: number): number => Math.round((ms - Date.now()) / 10_000) * 10 + 0; // no -0
    return [seconds(now), seconds(date), monotonic];
  };
  const [atStart, dateAtStart, first] = await offBy();
  expect([atStart, dateAtStart]).toEqual([-60, -60]);

  const { said, writeError } = await clock.step(DAY_MS, child.pid ?? 0, never);
  expect(writeError).toBeNull();
  expect((await lines.next()).value).toBe('--- the clock is off by 86400000 ms');
  expect(Math.abs(Date.parse(said) - Date.now() - DAY_MS)).toBeLessThan(10_000);
  child.stdin.write('\n');
  const [ahead, dateAhead, second] = await offBy();
  expect([ahead, dateAhead]).toEqual([86_400, 86_400]);
  expect(second - first).toBeLessThan(60_000);

  await clock.step(0, child.pid ?? 0, never);
  await lines.next();
  child.stdin.write('\n');
  expect((await offBy()).slice(0, 2)).toEqual([0, 0]);
  child.stdin.end();
  await once(child, 'close');
  expect(child.exitCode).toBe(0);
});
