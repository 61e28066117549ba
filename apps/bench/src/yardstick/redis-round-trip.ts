import { median } from '@ccro/figures';
import { Quit } from '@ccro/clock';
import { Redis } from 'ioredis';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ECHO_CHANNELS } from './echo-channels.js';

const PAYLOAD = Buffer.alloc(200, 'x');
const WARM_UP = 200;

/**
 * A message of 200 bytes to another process over Redis pub/sub and back, one at a time, through
 * the bare Redis client: none of this project's code is on the way.
 *
 * @returns the median in microseconds
 * @throws Quit when `quit` aborts
 */
export async function redisRoundTrip(
  url: string,
  rounds: number,
  quit: AbortSignal,
): Promise<number> {
  const echo = fork(fileURLToPath(new URL('./echo.js', import.meta.url)), [url]);
  const listening = new Redis(url);
  const speaking = new Redis(url);
  try {
    const ended = once(echo, 'exit').then(() => {
      throw new Error('the process that echoes ended before it was ready');
    });
    ended.catch(() => undefined);
    await Promise.race([once(echo, 'message'), ended]);
    await listening.subscribe(ECHO_CHANNELS.back);
    const times: number[] = [];
    for (let round = -WARM_UP; round < rounds; round += 1) {
      if (quit.aborted) throw new Quit();
      const startedMs = performance.now();
      const back = once(listening, 'message');
      await speaking.publish(ECHO_CHANNELS.there, PAYLOAD);
      await back;
      if (round >= 0) times.push((performance.now() - startedMs) * 1000);
    }
    return median(times);
  } finally {
    listening.disconnect();
    speaking.disconnect();
    echo.kill();
  }
}
