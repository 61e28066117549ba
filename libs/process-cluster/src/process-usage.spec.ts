import { expect, it } from 'vitest';
import { cpuMilliseconds } from './process-usage.js';

it.runIf(process.platform === 'linux')('grows with what a process does', async () => {
  const before = await cpuMilliseconds(process.pid);
  const { user, system } = process.cpuUsage();
  const busy = (): number => {
    const now = process.cpuUsage({ user, system });
    return (now.user + now.system) / 1000;
  };
  while (busy() < 100) Math.sqrt(2);
  const after = await cpuMilliseconds(process.pid);
  // Ticks of 10 ms, and rounding at both ends.
  expect((after ?? 0) - (before ?? 0)).toBeGreaterThanOrEqual(80);
});

it('is unknown for a process that is not there', async () => {
  expect(await cpuMilliseconds(2 ** 30)).toBeUndefined();
});
