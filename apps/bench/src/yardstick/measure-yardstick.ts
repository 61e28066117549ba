/** What this machine itself takes, measured in every run before anything else. */

import { Quit } from '@ccro/clock';
import { median } from '@ccro/figures';
import { startRedisServer } from '@ccro/redis-server';
import { Redis } from 'ioredis';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sodium from 'sodium-native';
import type { Yardstick } from '../result/results.js';

const ROUNDS = {
  full: { redis: 5_000, signatures: 20_000, disk: 300 },
  quick: { redis: 1_000, signatures: 2_000, disk: 50 },
} as const;
const REDIS_WARM_UP = 200;
const CHANNELS = { there: 'bench:there', back: 'bench:back' } as const;
const PAYLOAD = Buffer.alloc(200, 'x');
const SIGNED = Buffer.alloc(96, 'm');
const RECORD = Buffer.alloc(200, 'r');

/**
 * @param directory where stores will be
 * @throws RedisServerError without a Redis to start, Quit when `quit` aborts
 */
export async function measureYardstick(
  directory: string,
  size: keyof typeof ROUNDS,
  quit: AbortSignal,
): Promise<{ yardstick: Yardstick; redisVersion: string }> {
  const rounds = ROUNDS[size];
  const redis = await startRedisServer();
  try {
    const signatures = signatureSpeed(rounds.signatures);
    return {
      yardstick: {
        redisRoundTrip: await redisRoundTrip(redis.url, rounds.redis, quit),
        ...signatures,
        diskSync: await diskSync(directory, rounds.disk),
      },
      redisVersion: await versionOf(redis.url),
    };
  } finally {
    await redis.stop();
  }
}

/** Signs and checks `rounds` times with the library itself. */
function signatureSpeed(rounds: number): Pick<Yardstick, 'signature' | 'signatureCheck'> {
  const publicKey = Buffer.alloc(sodium.crypto_sign_PUBLICKEYBYTES);
  const secretKey = Buffer.alloc(sodium.crypto_sign_SECRETKEYBYTES);
  const bytes = Buffer.alloc(sodium.crypto_sign_BYTES);
  sodium.crypto_sign_keypair(publicKey, secretKey);
  const signature = microsecondsOf(rounds, () =>
    sodium.crypto_sign_detached(bytes, SIGNED, secretKey),
  );
  const signatureCheck = microsecondsOf(rounds, () =>
    sodium.crypto_sign_verify_detached(bytes, SIGNED, publicKey),
  );
  return { signature, signatureCheck };
}

function microsecondsOf(rounds: number, act: () => void): number {
  for (let round = 0; round < rounds / 10; round += 1) act();
  const startedMs = performance.now();
  for (let round = 0; round < rounds; round += 1) act();
  return ((performance.now() - startedMs) * 1000) / rounds;
}

/**
 * A message of 200 bytes to another process over Redis pub/sub and back, one at a time, through
 * the bare Redis client: none of this project's code is on the way.
 *
 * @returns the median in microseconds
 */
async function redisRoundTrip(url: string, rounds: number, quit: AbortSignal): Promise<number> {
  const program = fileURLToPath(new URL('./echo.js', import.meta.url));
  const echo = fork(program, [url, CHANNELS.there, CHANNELS.back]);
  const listening = new Redis(url);
  const speaking = new Redis(url);
  try {
    const ended = once(echo, 'exit').then(() => {
      throw new Error('the process that echoes ended before it was ready');
    });
    ended.catch(() => undefined);
    await Promise.race([once(echo, 'message'), ended]);
    await listening.subscribe(CHANNELS.back);
    const times: number[] = [];
    for (let round = -REDIS_WARM_UP; round < rounds; round += 1) {
      if (quit.aborted) throw new Quit();
      const startedMs = performance.now();
      const back = once(listening, 'message');
      await speaking.publish(CHANNELS.there, PAYLOAD);
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

/**
 * Appends 200 bytes and waits until they are on the disk, again and again.
 *
 * @param directory on the file system where stores will be
 * @returns the median in microseconds
 */
async function diskSync(directory: string, rounds: number): Promise<number> {
  const file = await open(join(directory, 'disk-sync'), 'a');
  try {
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const startedMs = performance.now();
      await file.write(RECORD);
      await file.datasync();
      times.push((performance.now() - startedMs) * 1000);
    }
    return median(times);
  } finally {
    await file.close();
  }
}

async function versionOf(url: string): Promise<string> {
  const redis = new Redis(url);
  try {
    const info = await redis.info('server');
    return /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown';
  } finally {
    redis.disconnect();
  }
}
