/** Issue 13, F2 to F4 and I8: logs, disks, descriptors and signals do not end what they should not. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { fileWith, temporaryDirectory } from './support/files.testkit.js';
import { call, decide } from './support/http.testkit.js';
import {
  needsBuild,
  ROOT,
  startGatewayProgram,
  startNodeProgram,
  startProgram,
} from './support/programs.testkit.js';
import { startedRedis } from './support/redis.testkit.js';

needsBuild();

type Environment = Readonly<Record<string, string>>;
type Output = 'pipe' | number;

/** A program with its standard output and error where the test wants them. */
function started(
  command: readonly string[],
  environment: Environment,
  output: Output,
): ChildProcess {
  const [file = '', ...args] = command;
  const child = spawn(file, args, {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', output, output],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function urlIn(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return vi.waitFor(
    () => {
      const [, url] = /(?:Node \d started|Gateway running) on (http:\S+)/.exec(text) ?? [];
      if (url === undefined) throw new Error(`not ready: ${text}`);
      return url;
    },
    { timeout: 45_000, interval: 50 },
  );
}

const NODE = [process.execPath, 'dist/programs/node.js'];
const GATEWAY = [process.execPath, 'dist/programs/gateway.js'];

describe('a log that nobody reads, or whose disk is full', () => {
  it('F2: ends neither node nor gateway', async () => {
    const redis = await startedRedis();
    const own = (id: number): Environment => ({
      ...{ REDIS_URL: redis.url, NODE_ID: String(id), NODE_HTTP_PORT: '0' },
      // Every decision is worth a line.
      LOG_LEVEL: 'trace',
    });
    const readers = await Promise.all(
      [0, 1].map(async (id) => {
        const child = started(NODE, own(id), 'pipe');
        await urlIn(child);
        return child;
      }),
    );
    const full = started(NODE, own(2), openSync('/dev/full', 'w'));
    const last = await startNodeProgram(own(3));
    const gateway = started(
      GATEWAY,
      { REDIS_URL: redis.url, GATEWAY_PORT: '0', LOG_LEVEL: 'trace' },
      'pipe',
    );
    const url = await urlIn(gateway);
    for (const child of [...readers, gateway]) {
      child.stdout?.destroy();
      child.stderr?.destroy();
    }
    // Three of four decide: with any of those without a log gone there would be no second decision.
    await last.program.stop();
    for (let index = 0; index < 10; index += 1) {
      await vi.waitFor(() => decide(url, index), { timeout: 20_000 });
      expect((await call(url, 'GET', '/no-such-route')).status).toBe(404);
    }
    for (const child of [...readers, gateway, full]) {
      expect([child.exitCode, child.signalCode]).toEqual([null, null]);
    }
  }, 120_000);

  it('F2, sibling: a tool ends quietly, and not with the exit status of one that has done its work', async () => {
    const tool = [process.execPath, 'dist/apps/simulator/src/main.js', '--seeds', '100000'];
    const child = started(tool, {}, 'pipe');
    let errorOutput = '';
    child.stderr?.on('data', (chunk: Buffer) => (errorOutput += chunk.toString()));
    await once(child.stdout ?? child, 'data');
    child.stdout?.destroy();
    // It prints again when it is told to end its sweep; here it is ended by force if it does not.
    child.kill('SIGTERM');
    await once(child, 'close');
    expect(child.exitCode).not.toBe(0);
    expect(errorOutput).not.toMatch(/EPIPE|Error/);
  });

  it('F2, sibling: a verdict that cannot be written is no verdict, and said', async () => {
    const receipt = await fileWith('receipt.json', '{}');
    const verify = `exec "$0" dist/apps/cluster/src/verify.js --config config/local.json "$1"`;
    const child = spawn('/bin/sh', ['-c', `${verify} >/dev/full`, process.execPath, receipt], {
      cwd: ROOT,
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errorOutput = '';
    child.stderr.on('data', (chunk: Buffer) => (errorOutput += chunk.toString()));
    await once(child, 'close');
    expect(errorOutput).toMatch(/^standard output cannot be written \(ENOSPC/m);
    expect(child.exitCode).toBe(2);
  });
});

describe('idle connections', () => {
  /** Opens connections over which nothing is asked. */
  function idle(url: string, count: number): Socket[] {
    const { hostname, port } = new URL(url);
    return Array.from({ length: count }, () => {
      const socket = connect(Number(port), hostname).on('error', () => undefined);
      onTestFinished(() => void socket.destroy());
      return socket;
    });
  }

  it('F4: do not use up the descriptors of a node with a store, nor those of the gateway', async () => {
    const redis = await startedRedis();
    const directory = await temporaryDirectory();
    const shell = ['/bin/sh', '-c', 'ulimit -n 256 && exec "$0" "$@"'];
    const limited = { REDIS_URL: redis.url, NODE_HTTP_PORT: '0', GATEWAY_PORT: '0' };
    const own = (id: number): Environment => ({
      ...limited,
      ...{ NODE_ID: String(id), DATA_DIR: directory },
    });
    const nodes = [0, 1, 2].map((id) => started([...shell, ...NODE], own(id), 'pipe'));
    const urls = await Promise.all(nodes.map(urlIn));
    const gateway = started([...shell, ...GATEWAY], limited, 'pipe');
    let log = '';
    gateway.stdout?.on('data', (chunk: Buffer) => (log += chunk.toString()));
    const url = await urlIn(gateway);
    for (const each of [url, ...urls]) idle(each, 400);
    for (let index = 0; index < 20; index += 1) await decide(url, 'x'.repeat(20_000));
    for (const each of urls) {
      expect((await call(each, 'GET', '/health/live')).status).toBe(200);
    }
    for (const child of [gateway, ...nodes]) expect(child.exitCode).toBeNull();
    expect(log).toMatch(
      /\d+ connections at a time are all that the limit of 256 open files leaves/,
    );
  }, 120_000);

  it('F4, sibling: a limit that is too low is said before anything is served', async () => {
    const redis = await startedRedis();
    const directory = await temporaryDirectory();
    const shell = ['/bin/sh', '-c', 'ulimit -n 100 && exec "$0" "$@"'];
    const environment = { REDIS_URL: redis.url, NODE_HTTP_PORT: '0', DATA_DIR: directory };
    const child = started([...shell, ...NODE], environment, 'pipe');
    let errorOutput = '';
    child.stderr?.on('data', (chunk: Buffer) => (errorOutput += chunk.toString()));
    await once(child, 'close');
    expect(child.exitCode).toBe(1);
    expect(errorOutput).toMatch(/^node: the limit of open files is 100 .*at least \d+.*\n$/);
  });
});

describe('an end that is asked for', () => {
  it('F3: a second signal ends a gateway at once that still waits for a call', async () => {
    const redis = await startedRedis();
    const { program, url } = await startGatewayProgram({ REDIS_URL: redis.url });
    const { hostname, port } = new URL(url);
    const half = connect(Number(port), hostname).on('error', () => undefined);
    onTestFinished(() => void half.destroy());
    half.write('POST /requests HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n');
    half.write('content-length: 100\r\n\r\n{"data":');
    await once(half, 'connect');
    await vi.waitFor(async () => expect((await call(url, 'GET', '/health/live')).status).toBe(200));
    program.signal('SIGTERM');
    const exit = await Promise.race([
      program.ended,
      // Later than a Ctrl-C that arrives twice, earlier than any deadline.
      new Promise((resolve) => setTimeout(resolve, 700)).then(() => {
        program.signal('SIGTERM');
        return program.ended;
      }),
    ]);
    expect([
      { code: null, signal: 'SIGTERM' },
      { code: 143, signal: null },
    ]).toContainEqual(exit);
  });
});

describe('a state machine that throws what a user wrote', () => {
  const MODULE = `export default {
    name: 'thrower', version: '1',
    operations: { 'thrower.throw'({ text }) { throw new Error(text); } },
  };`;

  it('I8: leaves bounded lines in the log, which nothing in the text can forge', async () => {
    const file = await fileWith('thrower.mjs', MODULE);
    const options = ['--gateway-port', '0', '--node-port', '0', '--state-machine', file];
    const program = startProgram(['dist/programs/cluster.js', ...options]);
    const url = await program.says(/^Gateway running on (http:\S+)$/m);
    const text = `x\n[Nest] 1  - 2026-01-01T00:00:00.000Z   LOG [node 0] forged\r\u001b[2J\u202e${'y'.repeat(5_000)}`;
    for (let index = 0; index < 30; index += 1) {
      const operation = { type: 'thrower.throw', text: `${text}${index}` };
      const { status } = await call(url, 'POST', '/requests', { json: { operation } });
      expect(status).toBe(200);
    }
    await vi.waitFor(() => expect(program.stderr).toContain('thrower.throw threw'));
    const lines = program.stderr.trimEnd().split('\n');
    for (const line of lines) {
      expect(line).toMatch(
        /^\[Nest\] \d+ .*thrower\.throw threw and has no effect: Error: x\\n\[Nest\]/,
      );
      expect(line.length).toBeLessThan(2_500);
      expect(line).not.toContain('\u202e');
    }
    // Of 30 times four nodes: the rest is counted.
    expect(lines.length).toBeLessThanOrEqual(20);
  });
});
