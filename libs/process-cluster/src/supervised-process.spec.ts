import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { StartFailure, SupervisedProcess } from './supervised-process.js';
import { Watchdog } from './watchdog.js';

const READY = `console.log('up on http://127.0.0.1:' + 7000); setInterval(() => {}, 1000);`;

interface Supervised {
  readonly program: SupervisedProcess;
  readonly logFile: string;
  readonly ends: string[];
}

async function supervised(source: string, openFiles?: number): Promise<Supervised> {
  const directory = await mkdtemp(join(tmpdir(), 'ccro-supervised-'));
  const entry = join(directory, 'program.cjs');
  const logFile = join(directory, 'program.log');
  await writeFile(entry, source);
  const watchdog = new Watchdog();
  const ends: string[] = [];
  const program = new SupervisedProcess(
    { name: 'it', entry, environment: {}, readyLine: /up on (http:\S+)/, logFile, openFiles },
    { watchdog, onUnexpectedEnd: ({ name }, lastLine) => ends.push(`${name}: ${lastLine}`) },
  );
  onTestFinished(async () => {
    await program.kill();
    await program.closeLog();
    watchdog.dismiss();
    await rm(directory, { recursive: true });
  });
  return { program, logFile, ends };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a program', () => {
  it('is started, killed and started again, with all it says in one log', async () => {
    const { program, logFile, ends } = await supervised(READY);
    await program.start();
    expect(program.url).toBe('http://127.0.0.1:7000');
    const { pid } = program;
    await program.kill();
    expect([program.running, program.url, program.pid]).toEqual([false, undefined, undefined]);
    expect(isAlive(pid ?? 0)).toBe(false);
    await program.start();
    expect(program.pid).not.toBe(pid);
    await program.stop();
    await vi.waitFor(async () => {
      const log = await readFile(logFile, 'utf8');
      expect(log.match(/up on/g)).toHaveLength(2);
      expect(log).toContain('it ended (SIGKILL)');
    });
    expect(ends).toEqual([]);
  });

  it('that does not start says why', async () => {
    const { program } = await supervised(`console.error('first\\nno disk'); process.exitCode = 3;`);
    const failure: unknown = await program.start().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StartFailure);
    expect(failure).toMatchObject({ lastLine: 'no disk', exit: { code: 3, signal: null } });
    expect(program.running).toBe(false);
  });

  it('that ends by itself is noticed', async () => {
    const { program, ends } = await supervised(
      `console.log('up on http://h'); setTimeout(() => { throw new Error('broken'); }, 50);`,
    );
    await program.start();
    await vi.waitFor(() => expect(ends).toEqual([expect.stringMatching(/^it: /)]));
    expect(program.running).toBe(false);
  });

  it('may have as many files open as it is told', async () => {
    const { program, logFile } = await supervised(
      `const { openSync } = require('node:fs');
       const open = () => { try { for (let n = 0; ; n += 1) openSync(__filename); } catch (error) { return error.code; } };
       ${READY} console.log(open());`,
      50,
    );
    await program.start();
    await vi.waitFor(async () => expect(await readFile(logFile, 'utf8')).toContain('EMFILE'));
  });

  it('whose output nobody reads any more hears of it, and is read again once it is started anew', async () => {
    const { program, logFile, ends } = await supervised(
      `const { appendFileSync } = require('node:fs');
       process.stdout.on('error', ({ code }) => appendFileSync(__dirname + '/program.log', code));
       ${READY} setInterval(() => console.log('more'), 10);`,
    );
    await program.start();
    expect(program.isRead).toBe(true);
    program.closeOutput();
    expect(program.isRead).toBe(false);
    await vi.waitFor(async () => expect(await readFile(logFile, 'utf8')).toContain('EPIPE'));
    expect(program.running).toBe(true);
    await program.stop();
    await program.start();
    expect([program.isRead, ends]).toEqual([true, []]);
  });

  it('that is frozen is ended all the same', async () => {
    const { program, ends } = await supervised(READY);
    await program.start();
    program.pause();
    await program.stop();
    expect(program.running).toBe(false);
    expect(ends).toEqual([]);
  });
});

it('a watchdog kills what still runs when its owner is gone, and nothing that has ended', async () => {
  const sleeper = (): ReturnType<typeof spawn> => spawn('sleep', ['60']);
  const [left, ended] = [sleeper(), sleeper()];
  onTestFinished(() => {
    for (const each of [left, ended]) each.kill('SIGKILL');
  });
  const directory = await mkdtemp(join(tmpdir(), 'ccro-watchdog-'));
  // The owner is killed outright: no handler of its own runs.
  const source = await readFile(new URL('./watchdog.ts', import.meta.url), 'utf8');
  const module = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext };
  const script = `
    ${ts.transpile(source, module)}
    const watchdog = new Watchdog(${JSON.stringify(directory)});
    watchdog.started(${left.pid});
    watchdog.started(${ended.pid});
    watchdog.ended(${ended.pid});
    setInterval(() => {}, 1000);
    console.log('watching');`;
  const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void owner.kill('SIGKILL'));
  await once(owner.stdout, 'data');
  owner.kill('SIGKILL');
  await once(left, 'exit');
  expect(left.signalCode).toBe('SIGKILL');
  await vi.waitFor(async () => {
    await expect(readFile(directory)).rejects.toMatchObject({ code: 'ENOENT' });
  });
  expect(isAlive(ended.pid ?? 0)).toBe(true);
});
