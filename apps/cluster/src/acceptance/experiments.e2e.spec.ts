/** Issue 5, acceptance: experiments survive the gateway, and end within a second when asked to. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { temporaryDirectory } from './support/files.testkit.js';
import { call } from './support/http.testkit.js';
import {
  needsBuild,
  runProgram,
  startGatewayProgram,
  startProgram,
} from './support/programs.testkit.js';
import { startedRedis } from './support/redis.testkit.js';
import { PATIENCE_MS } from './support/test-cluster.testkit.js';

needsBuild();

const PROGRAM = 'dist/apps/experiment/src/main.js';

interface Seen {
  readonly state: string;
  readonly progress: { readonly done: number; readonly current: string | null };
  readonly rows: readonly object[];
}

async function queued(url: string, json: unknown): Promise<string> {
  const { status, headers } = await call(url, 'POST', '/experiments', { json });
  expect(status).toBe(202);
  return headers.get('location') ?? '';
}

/** Waits until the experiment at `path` is as `expected`. */
function seen(url: string, path: string, expected: (seen: Seen) => void): Promise<Seen> {
  return vi.waitFor(
    async () => {
      const found = (await call(url, 'GET', path)).body as unknown as Seen;
      expected(found);
      return found;
    },
    { timeout: PATIENCE_MS, interval: 20 },
  );
}

/** Processes that measure, told by the directory that they were given for temporary files. */
async function measuringIn(temporary: string): Promise<string[]> {
  const found: string[] = [];
  for (const id of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const read = (file: string): Promise<string> =>
      readFile(`/proc/${id}/${file}`, 'utf8').catch(() => '');
    const [command, environment] = await Promise.all([read('cmdline'), read('environ')]);
    if (command.includes('measuring-program') && environment.includes(temporary)) found.push(id);
  }
  return found;
}

describe('an experiment', () => {
  it('goes on after the gateway was killed, and keeps the cells that are done', async () => {
    const temporary = await temporaryDirectory();
    const env = { REDIS_URL: (await startedRedis()).url, TMPDIR: temporary };
    const first = await startGatewayProgram(env);
    const sizes = [4, 7, 10, 13, 16, 19];
    const path = await queued(first.url, { nodes: sizes, mode: 'ccro', rounds: 2 });
    const before = await seen(first.url, path, ({ progress }) => {
      expect(progress.done).toBeGreaterThanOrEqual(2);
    });
    // The gateway alone: what it started ends by itself.
    first.program.kill();
    await vi.waitFor(async () => expect(await measuringIn(temporary)).toEqual([]), {
      timeout: PATIENCE_MS,
    });

    const second = await startGatewayProgram(env);
    const ended = await seen(second.url, path, ({ state }) => expect(state).toBe('completed'));
    expect(ended.rows.slice(0, before.rows.length)).toEqual(before.rows);
    expect(ended.rows).toMatchObject(
      sizes.map((nodes) => ({ mode: 'ccro', nodes, outcome: 'measured' })),
    );
    const { body } = await call(second.url, 'GET', `${path}/results.csv`);
    const lines = String(body['text']).trimEnd().split('\n');
    expect(lines.map((line) => line.split(',').slice(0, 7).join())).toEqual([
      'mode,nodes,byzantine,fault,payload_bytes,rounds,outcome',
      ...sizes.map((nodes) => `ccro,${nodes},0,none,200,2,measured`),
    ]);
  });

  it('is cancelled within a second, whatever it measures, while the gateway answers', async () => {
    const temporary = await temporaryDirectory();
    const { url: REDIS_URL } = await startedRedis();
    const { url } = await startGatewayProgram({ REDIS_URL, TMPDIR: temporary });
    // Minutes of work in one cell.
    const path = await queued(url, { nodes: 301, mode: 'pbft', rounds: 100 });
    await seen(url, path, ({ progress }) =>
      expect(progress.current).toBe('pbft, n = 301, no fault'),
    );
    await vi.waitFor(async () => expect(await measuringIn(temporary)).toHaveLength(1), {
      timeout: PATIENCE_MS,
    });
    expect((await call(url, 'GET', '/health/live')).status).toBe(200);
    const askedMs = performance.now();
    const { body } = await call(url, 'DELETE', path);
    expect(performance.now() - askedMs).toBeLessThan(1000);
    expect(body).toMatchObject({ state: 'cancelled', rows: [] });
    expect(await measuringIn(temporary)).toEqual([]);
  });
});

describe('npm run experiment', () => {
  it('prints a table and writes CSV, JSON and charts', async () => {
    const directory = await temporaryDirectory();
    const [csv, json] = ['cells.csv', 'cells.json'].map((name) => join(directory, name));
    const run = await runProgram([
      PROGRAM,
      ...['--byzantine', '1', '--fault', 'offline,falsify', '--rounds', '1'],
      ...['--csv', csv ?? '', '--json', json ?? '', '--svg', directory],
    ]);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toMatch(/ccro *│ 4 *│ 1 *│ falsify/);
    const lines = (await readFile(csv ?? '', 'utf8')).trimEnd().split('\n');
    const cells = ['offline', 'falsify'].flatMap((fault) => [
      `pbft,4,1,${fault}`,
      `ccro,4,1,${fault}`,
    ]);
    expect(lines.slice(1).map((line) => line.split(',').slice(0, 4).join())).toEqual(cells);
    expect(JSON.parse(await readFile(json ?? '', 'utf8'))).toMatchObject({
      plan: { sizes: [{ nodes: 4, byzantine: 1 }] },
      rows: [{ figures: { messages: expect.any(Number) as number } }, {}, {}, {}],
    });
    for (const chart of ['time.svg', 'messages.svg']) {
      expect(await readFile(join(directory, chart), 'utf8')).toContain('ccro, falsify');
    }
  });

  it('ends in order: what was measured is written, nothing is left running', async () => {
    const directory = await temporaryDirectory();
    const csv = join(directory, 'times.csv');
    const program = startProgram(
      [PROGRAM, '--seed-tables', '--mode', 'ccro', '--rounds', '100', '--csv', csv],
      { TMPDIR: directory },
    );
    await vi.waitFor(async () => expect(await measuringIn(directory)).toHaveLength(1), {
      timeout: PATIENCE_MS,
    });
    // The whole group, as a terminal does.
    expect(await program.stop('SIGINT')).toEqual({ code: 130, signal: null });
    expect(await measuringIn(directory)).toEqual([]);
    const [head, ...lines] = (await readFile(csv, 'utf8')).trimEnd().split('\n');
    expect(head).toBe(
      'byzantine_nodes,total_nodes,ccro_offline_s,ccro_malicious_s,seed_offline,seed_malicious',
    );
    expect(lines).toHaveLength(7);
    expect(lines.at(-1)).toBe('30,91,,,171 s,fails');
  });

  it('F9: refuses what it could not write in the end before it measures anything', async () => {
    const directory = await temporaryDirectory();
    const others = ['--json', join(directory, 'keep.json'), '--svg', join(directory, 'charts')];
    const args = [PROGRAM, '--nodes', '4', '--rounds', '100', ...others, '--csv', directory];
    const refused = await runProgram(args);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(
      /^--csv .* cannot be used: .*it is a directory: name a file.*\n$/,
    );
  });

  it('says in a line what is not allowed', async () => {
    const nothing = await runProgram([PROGRAM]);
    expect(nothing).toMatchObject({ code: 2, stdout: '' });
    expect(nothing.stderr).toContain('error: give one of --nodes, --byzantine and --seed-tables');
    const tooLarge = await runProgram([PROGRAM, '--nodes', '4,302']);
    expect(tooLarge.stderr).toContain('Allowed: 4 to 301.');
  });
});
