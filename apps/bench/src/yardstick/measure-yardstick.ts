/** What this machine itself takes, measured in every run before anything else. */

import { startRedisServer } from '@ccro/redis-server';
import { Redis } from 'ioredis';
import type { Yardstick } from '../result/results.js';
import { diskSync } from './disk-sync.js';
import { redisRoundTrip } from './redis-round-trip.js';
import { signatureSpeed } from './signature-speed.js';

const ROUNDS = {
  full: { redis: 5_000, signatures: 20_000, disk: 300 },
  quick: { redis: 1_000, signatures: 2_000, disk: 50 },
} as const;

export interface MeasuredYardstick {
  readonly yardstick: Yardstick;
  readonly redisVersion: string;
}

/**
 * @param directory where stores will be
 * @throws RedisServerError without a Redis to start, Quit when `quit` aborts
 */
export async function measureYardstick(
  directory: string,
  quick: boolean,
  quit: AbortSignal,
): Promise<MeasuredYardstick> {
  const rounds = ROUNDS[quick ? 'quick' : 'full'];
  const redis = await startRedisServer();
  try {
    const { sign, check } = signatureSpeed(rounds.signatures);
    return {
      yardstick: {
        redisRoundTrip: await redisRoundTrip(redis.url, rounds.redis, quit),
        signature: sign,
        signatureCheck: check,
        diskSync: await diskSync(directory, rounds.disk),
      },
      redisVersion: await versionOf(redis.url),
    };
  } finally {
    await redis.stop();
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
