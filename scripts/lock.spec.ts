import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

const LOCK = new URL('lock.mjs', import.meta.url).href;
const run = promisify(execFile);

/** Holds the lock for a while, and tells in a file that all of them append to. */
const WORKER = `
import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
const [, lock, file, log, ms] = process.argv;
const { withLock } = await import(lock);
await withLock(file, async () => {
  appendFileSync(log, 'begin ' + process.pid + '\\n');
  await delay(Number(ms));
  appendFileSync(log, 'end ' + process.pid + '\\n');
}, ({ pid }) => process.stdout.write('waits for ' + pid + '\\n'));
`;

async function place(): Promise<{ readonly file: string; readonly log: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'ccro-lock-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return { file: join(directory, 'lock'), log: join(directory, 'log') };
}

function argumentsOf(file: string, log: string, ms: number): string[] {
  return ['--input-type=module', '-e', WORKER, LOCK, file, log, String(ms)];
}

function linesIn(log: string): string[] {
  return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
}

async function untilHeld(log: string): Promise<void> {
  await vi.waitFor(() => expect(linesIn(log).at(-1)).toMatch(/^begin/), { timeout: 8_000 });
}

function holder(file: string, log: string): ChildProcess {
  const child = spawn(process.execPath, argumentsOf(file, log, 60_000), { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

describe('the lock around installing and building', () => {
  it('G1: is held by one process at a time, and all get their turn', async () => {
    const { file, log } = await place();
    const five = [1, 2, 3, 4, 5].map(() => run(process.execPath, argumentsOf(file, log, 50)));
    await Promise.all(five);
    const lines = linesIn(log);
    expect(lines).toHaveLength(10);
    for (let index = 0; index < 10; index += 2) {
      expect(lines[index + 1]).toBe(lines[index]?.replace('begin', 'end'));
    }
    expect(existsSync(file)).toBe(false);
  });

  it('G1: says for whom it waits', async () => {
    const { file, log } = await place();
    const first = holder(file, log);
    await untilHeld(log);
    const second = spawn(process.execPath, argumentsOf(file, log, 0));
    onTestFinished(() => void second.kill('SIGKILL'));
    const [said] = (await once(second.stdout, 'data')) as [Buffer];
    expect(said.toString()).toBe(`waits for ${first.pid}\n`);
  });

  it('G1, sibling: that of a process that was killed is taken over, by one of several', async () => {
    const { file, log } = await place();
    const killed = holder(file, log);
    await untilHeld(log);
    killed.kill('SIGKILL');
    await once(killed, 'close');
    expect(existsSync(file)).toBe(true);
    await Promise.all([1, 2, 3].map(() => run(process.execPath, argumentsOf(file, log, 50))));
    const lines = linesIn(log).slice(1);
    for (let index = 0; index < 6; index += 2) {
      expect(lines[index + 1]).toBe(lines[index]?.replace('begin', 'end'));
    }
  });

  it.each([
    ['a process whose id was given away again', { pid: process.pid, startedAt: '1' }],
    ['nobody', 'not JSON'],
  ])('G1, sibling: that of %s is taken over', async (_, content) => {
    const { file, log } = await place();
    const { hostname } = await import('node:os');
    const text =
      typeof content === 'string' ? content : JSON.stringify({ host: hostname(), ...content });
    writeFileSync(file, text);
    await run(process.execPath, argumentsOf(file, log, 0));
    expect(linesIn(log)).toHaveLength(2);
  });

  it('G1, sibling: one of another machine is not taken for ended because its id is free here', async () => {
    const { file, log } = await place();
    writeFileSync(file, JSON.stringify({ pid: 2 ** 22 + 1, host: 'another' }));
    const waiting = spawn(process.execPath, argumentsOf(file, log, 0));
    onTestFinished(() => void waiting.kill('SIGKILL'));
    await once(waiting.stdout, 'data');
    expect(linesIn(log)).toEqual([]);
  });
});
