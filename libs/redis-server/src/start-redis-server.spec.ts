import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterEach, describe, expect, it } from 'vitest';
import { findRedisServer, requireRedisServer } from './find-redis-server.js';
import { freePort } from './held-port.js';
import { RedisServerError } from './redis-server-error.js';
import {
  processIdOfServerOn,
  startRedisServer,
  type RedisServer,
  type RedisServerOptions,
} from './start-redis-server.js';

const MIB = 1024 * 1024;
const CRLF = Buffer.from('\r\n');

const started: RedisServer[] = [];

async function start(options: RedisServerOptions = {}): Promise<RedisServer> {
  const server = await startRedisServer(options);
  started.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Asks the server itself where it works. */
async function workingDirectoryOf(server: RedisServer): Promise<string> {
  const socket = connect({ port: server.port, host: '127.0.0.1' });
  socket.write('CONFIG GET dir\r\n');
  const [reply] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return reply.toString().split('\r\n')[4] ?? '';
}

describe('findRedisServer', () => {
  it('finds none on an empty PATH, and the error says how to get one', async () => {
    expect(await findRedisServer({ PATH: '' })).toBeUndefined();
    await expect(requireRedisServer({ PATH: '' })).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('apt-get install redis-server') as unknown,
    });
  });

  it('prefers the binary named in the environment', async () => {
    const named = process.execPath;
    expect(await findRedisServer({ PATH: '', CCRO_TEST_REDIS_SERVER: named })).toBe(named);
  });

  it('refuses a name in the environment that cannot be run', async () => {
    const environment = { ...process.env, CCRO_TEST_REDIS_SERVER: '/no/such/redis-server' };
    await expect(findRedisServer(environment)).rejects.toMatchObject({ code: 'not-executable' });
  });
});

describe('startRedisServer', () => {
  it('starts a server of its own on any free port', async () => {
    const server = await start();
    expect(server.port).toBeGreaterThan(0);
    expect(server.url).toBe(`redis://127.0.0.1:${server.port}`);
    expect(await processIdOfServerOn(server.port)).toBe(server.pid);
    expect(server.running).toBe(true);
  });

  it('starts several at once on different ports', async () => {
    const servers = await Promise.all([start(), start(), start()]);
    expect(new Set(servers.map((server) => server.port)).size).toBe(3);
  });

  it('ends the process and removes its temporary directory on stop, once or twice', async () => {
    const server = await start();
    const directory = await workingDirectoryOf(server);
    expect(existsSync(directory)).toBe(true);
    await server.stop();
    await server.stop();
    expect(isAlive(server.pid)).toBe(false);
    expect(server.running).toBe(false);
    expect(existsSync(directory)).toBe(false);
    expect(await processIdOfServerOn(server.port)).toBeUndefined();
  });

  it('keeps a directory it was given', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'ccro-redis-spec-'));
    const server = await start({ dir });
    await server.stop();
    expect(existsSync(dir)).toBe(true);
    await rm(dir, { recursive: true });
  });

  it.each(['::1', 'localhost', '127.0.0.2'])(
    'D4: listens where it is told to: %s',
    async (host) => {
      const server = await start({ host });
      expect(await processIdOfServerOn(server.port, host)).toBe(server.pid);
      expect(server.url).toBe(`redis://${host === '::1' ? '[::1]' : host}:${server.port}`);
    },
  );

  it('I17: takes no text that is longer than what anybody here sends', async () => {
    const server = await start();
    const publish = async (bytes: number): Promise<string> => {
      const socket = connect({ port: server.port, host: '127.0.0.1' });
      socket.on('error', () => undefined);
      socket.write(`*3\r\n$7\r\nPUBLISH\r\n$7\r\nchannel\r\n$${bytes}\r\n`);
      // A length that is too large is refused before anything of that length comes.
      if (bytes < 8 * MIB) socket.write(Buffer.concat([Buffer.alloc(bytes), CRLF]));
      const [reply] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      return reply.toString();
    };
    expect(await publish(5 * MIB)).toBe(':0\r\n');
    expect(await publish(9 * MIB)).toMatch(/^-ERR Protocol error: invalid bulk length/);
  });

  it('comes back on the same port after a kill', async () => {
    const server = await start();
    const { port, pid } = server;
    await server.kill();
    expect(server.running).toBe(false);
    await server.restart();
    expect(server.port).toBe(port);
    expect(server.pid).not.toBe(pid);
    expect(await processIdOfServerOn(port)).toBe(server.pid);
  });

  it('answers nothing while paused, and stops even then', async () => {
    const server = await start();
    server.pause();
    expect(await processIdOfServerOn(server.port, '127.0.0.1', 100)).toBeUndefined();
    server.resume();
    expect(await processIdOfServerOn(server.port)).toBe(server.pid);
    server.pause();
    await server.stop();
    expect(isAlive(server.pid)).toBe(false);
  });

  it('refuses a port that another Redis server holds, and leaves that one alone', async () => {
    const holder = await start();
    await expect(startRedisServer({ port: holder.port })).rejects.toMatchObject({
      code: 'port-taken',
    });
    expect(await processIdOfServerOn(holder.port)).toBe(holder.pid);
  });

  it('refuses a port that a program other than Redis holds', async () => {
    const holder: Server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const address = holder.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await expect(startRedisServer({ port })).rejects.toMatchObject({ code: 'port-taken' });
    holder.close();
  });

  it('reports the last output of a server that refuses its arguments', async () => {
    const failure: unknown = await startRedisServer({ extraArgs: ['--no-such-option', '1'] }).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(RedisServerError);
    expect(failure).toMatchObject({
      code: 'start-failed',
      message: expect.stringContaining('no-such-option') as unknown,
    });
  });

  it('reports a binary that cannot be run', async () => {
    await expect(startRedisServer({ executable: '/no/such/redis-server' })).rejects.toMatchObject({
      code: 'start-failed',
      message: expect.stringContaining('ENOENT') as unknown,
    });
  });

  it('finds free ports', async () => {
    expect(await freePort()).toBeGreaterThan(0);
  });

  it('ends with the program that started it, even when that is killed', async () => {
    const { child, pid, port, dir } = await startFromAnotherProgram();
    await expect.poll(() => processIdOfServerOn(port), { timeout: 5_000 }).toBe(pid);
    child.kill('SIGKILL');
    await expect.poll(() => processIdOfServerOn(port), { timeout: 5_000 }).toBeUndefined();
    await expect.poll(() => existsSync(dir), { timeout: 5_000 }).toBe(false);
  });
});

interface AnotherProgram {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly port: number;
  readonly dir: string;
}

/** A second program that starts a server; resolves to it, and the server's id, port and directory. */
async function startFromAnotherProgram(): Promise<AnotherProgram> {
  const dir = await mkdtemp(join(tmpdir(), 'ccro-redis-spec-'));
  const port = await freePort();
  const source = await readFile(new URL('./server-process.ts', import.meta.url), 'utf8');
  const program = ts.transpile(source, {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2023,
  });
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir];
  const parameters = JSON.stringify([await requireRedisServer(), args, 'unused.log', dir]);
  const main = [
    `const server = new ServerProcess(...${parameters});`,
    `process.stdout.write(String(server.pid));`,
    `setInterval(() => {}, 1000);`,
  ];
  await writeFile(join(dir, 'program.mjs'), [program, ...main].join('\n'));
  const child = spawn(process.execPath, [join(dir, 'program.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [pid] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, pid: Number(pid.toString()), port, dir };
}
