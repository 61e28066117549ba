import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';

const WATCHED = fileURLToPath(new URL('watched.mjs', import.meta.url));
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** A program that says its process id, run as `nest start --watch` runs one, beside a folder of sources. */
async function watched(build = 'async () => {}') {
  const folder = await mkdtemp(join(tmpdir(), 'ccro-watched-'));
  undo.push(() => rm(folder, { recursive: true }));
  const program = join(folder, 'program.cjs');
  await writeFile(program, 'console.log(`runs ${process.pid}`); setInterval(() => {}, 1000);');
  const starter = join(folder, 'starter.mjs');
  await writeFile(
    starter,
    `import { runWatched } from ${JSON.stringify(WATCHED)};
     runWatched(${JSON.stringify(program)}, { folders: [${JSON.stringify(folder)}], build: ${build} });`,
  );
  const child = spawn(process.execPath, [starter], { stdio: ['ignore', 'pipe', 'pipe'] });
  undo.push(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const runs = (): number[] => [...output.matchAll(/runs (\d+)/g)].map(([, pid]) => Number(pid));
  const until = (done: () => void): Promise<void> => vi.waitFor(done, { timeout: 8_000 });
  await until(() => expect(runs()).toHaveLength(1));
  return { folder, child, runs, until, output: () => output };
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('nest start --watch', () => {
  it('H5, sibling: starts the program again when a source changed, and not for a spec', async () => {
    const { folder, runs, until } = await watched();
    await writeFile(join(folder, 'a.spec.ts'), '');
    await writeFile(join(folder, 'a.ts'), '');
    await until(() => expect(runs()).toHaveLength(2));
    const [first = 0, second = 0] = runs();
    expect([isAlive(first), isAlive(second)]).toEqual([false, true]);
  });

  it('leaves the program alone when a source does not compile', async () => {
    const build = `async () => { const { PrepareError } = await import(${JSON.stringify(
      fileURLToPath(new URL('prepare.mjs', import.meta.url)),
    )}); throw new PrepareError('a.ts: wrong'); }`;
    const { folder, runs, until, output } = await watched(build);
    await writeFile(join(folder, 'a.ts'), '');
    await until(() => expect(output()).toContain('a.ts: wrong\nThe program goes on as it was.'));
    expect(runs()).toHaveLength(1);
    expect(isAlive(runs()[0] ?? 0)).toBe(true);
  });

  it('ends with the program that it runs', async () => {
    const { child, runs, until } = await watched();
    child.kill('SIGTERM');
    await until(() => expect(isAlive(runs()[0] ?? 0)).toBe(false));
    await until(() => expect(child.exitCode ?? child.signalCode).not.toBeNull());
  });
});
