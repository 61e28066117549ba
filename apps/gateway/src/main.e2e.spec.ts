import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startRedisServer, type RedisServer } from '@ccro/redis-server';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MAIN = 'dist/programs/gateway.js';

let redis: RedisServer;

beforeAll(async () => {
  await promisify(execFile)(process.execPath, ['scripts/prepare.mjs'], { cwd: ROOT });
  redis = await startRedisServer();
});

afterAll(async () => {
  await redis.stop();
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(environment: Readonly<Record<string, string>>): {
  readonly process: ChildProcess;
  readonly running: Promise<string>;
  readonly ended: Promise<Ended>;
} {
  const child = spawn(process.execPath, [MAIN], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', NO_COLOR: '1', REDIS_URL: redis.url, ...environment },
  });
  let stdout = '';
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const running = new Promise<string>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      const url = /Gateway running on (\S+)/.exec(stdout)?.[1];
      if (url !== undefined) resolve(url);
    });
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { process: child, running, ended };
}

describe('the gateway as a program', () => {
  it('holds one connection under its name, and ends well when it is told to', async () => {
    const { process: gateway, running, ended } = start({ GATEWAY_PORT: '0' });
    const url = await running;
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    const observer = new Redis(redis.url);
    const clients = String(await observer.client('LIST'));
    await observer.quit();
    expect(clients.match(/name=ccro:\S+/g)).toEqual(['name=ccro:gateway:gateway']);
    gateway.kill('SIGTERM');
    const { stdout, stderr } = await ended;
    expect(stderr).not.toContain('Error');
    expect((stdout + stderr).match(/no API keys are set: .*API_KEYS_FILE/g)).toHaveLength(1);
    await expect(fetch(`${url}/health/live`)).rejects.toThrow('fetch failed');
  });

  it('says in one line that the port is taken, and exits with 1', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { code, stderr } = await start({ GATEWAY_PORT: String(port), LOG_LEVEL: 'error' }).ended;
    other.close();
    expect(code).toBe(1);
    expect(stderr).toBe(
      `gateway: port ${port} is taken: set GATEWAY_PORT to another one (0: any free one)\n`,
    );
  });

  it.each([
    [{ GATEWAY_PORT: 'http' }, /^gateway: GATEWAY_PORT is "http"; allowed: .*\n$/],
    [{ CCRO_CONFIG: 'nowhere.json' }, /^gateway: cluster file "nowhere.json" .*\n$/],
    [{ CLIENT_ID: 'stranger' }, /^gateway: CLIENT_ID is "stranger"; allowed: .*\n$/],
    [{ REDIS_URL: 'redis://127.0.0.1:1', LOG_LEVEL: 'error' }, /^gateway: .*127\.0\.0\.1:1.*\n$/],
  ])('says in one line what is wrong with %j, and exits with 1', async (environment, line) => {
    const { code, stderr } = await start(environment).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(line);
  });
});
