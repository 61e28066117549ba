/** `npm run bench` as users run it: real processes, a real Redis, tiny counts. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { resultsSchema } from './result/results.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const BUILD_TIMEOUT_MS = 180_000;
const RUN_TIMEOUT_MS = 200_000;
const PATIENCE_MS = 60_000;
const REQUESTS = 8;
const NODES = 4;

class Program {
  stdout = '';
  stderr = '';
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<unknown>;
  readonly child: ChildProcess;

  /** @param temporary where it puts what it needs for a while */
  constructor(args: readonly string[], temporary: string) {
    const environment = { PATH: process.env['PATH'], HOME: process.env['HOME'] };
    this.child = spawn(process.execPath, [...args], {
      cwd: ROOT,
      env: { ...environment, TMPDIR: temporary, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.ended = once(this.child, 'close').then(([code, signal]: unknown[]) => code ?? signal);
  }
}

beforeAll(async () => {
  const prepare = new Program(['scripts/prepare.mjs'], tmpdir());
  if ((await prepare.ended) !== 0) throw new Error(`the build failed:\n${prepare.stderr}`);
}, BUILD_TIMEOUT_MS);

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ccro-bench-spec-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

function bench(args: readonly string[], temporary: string): Program {
  const program = new Program(['dist/apps/bench/src/main.js', ...args], temporary);
  onTestFinished(() => void program.child.kill('SIGKILL'));
  return program;
}

/** Command lines of all processes that work in `directory`, this program itself excepted. */
async function processesIn(directory: string): Promise<string[]> {
  const found: string[] = [];
  for (const id of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const read = (file: string): Promise<string> =>
      readFile(`/proc/${id}/${file}`, 'utf8').catch(() => '');
    const [command, environment] = await Promise.all([read('cmdline'), read('environ')]);
    const isOurs = command.includes(directory) || environment.includes(`=${directory}/ccro-`);
    if (isOurs) found.push(command.replaceAll('\0', ' '));
  }
  return found;
}

it(
  'prints tables and writes the same as JSON, CSV and charts',
  async () => {
    const temporary = await temporaryDirectory();
    const out = join(await temporaryDirectory(), 'out');
    const command = ['latency', '--quick', '--mode', 'ccro', '--requests', String(REQUESTS)];
    const program = bench([...command, '--out', out], temporary);
    const code = await program.ended;
    expect({ code, stderr: program.stderr }).toMatchObject({ code: 0 });
    expect((await readdir(out)).sort()).toEqual(['latency.svg', 'results.csv', 'results.json']);

    const json: unknown = JSON.parse(await readFile(join(out, 'results.json'), 'utf8'));
    const results = resultsSchema.parse(json);
    expect(results.command).toBe(`npm run bench -- ${command.join(' ')}`);
    expect(results.machine.node).toBe(process.versions.node);
    expect(results.machine.redis).toMatch(/^\d+\.\d+/);
    for (const microseconds of Object.values(results.yardstick)) {
      expect(microseconds).toBeGreaterThan(0);
    }

    const [yardstick, latency] = results.scenarios;
    expect([yardstick?.name, latency?.name, results.scenarios.length]).toEqual([
      'yardstick',
      'latency',
      2,
    ]);
    const rows = latency?.rows ?? [];
    expect(rows.map(({ fault }) => fault)).toEqual(['none', 'offline', 'falsify']);
    for (const row of rows) {
      // No decision is faster than its messages.
      expect(row['p50']).toBeGreaterThan(0.1);
      expect(row['p95']).toBeGreaterThanOrEqual(Number(row['p50']));
      expect(row['deliveries']).toBeGreaterThanOrEqual(4 * NODES - 1);
      expect(row['signatures']).toBeGreaterThan(NODES);
    }

    const csv = await readFile(join(out, 'results.csv'), 'utf8');
    expect(csv).toContain(`latency,1,mode=ccro n=4 fault=offline,p50,${rows[1]?.['p50']},ms,`);
    const svg = await readFile(join(out, 'latency.svg'), 'utf8');
    expect(svg.match(/<polyline/g)).toHaveLength(3);
    expect(program.stdout).toMatch(/│ ccro +│ 4 +│ falsify +│ [\d.]+ ms \([\d.]+×\) +│/);
    expect(program.stdout).toMatch(/(met {4}|NOT MET) {2}p50 of ccro, n = 4, no fault: [\d.]+ ms/);
    expect(await readdir(temporary)).toEqual([]);
  },
  RUN_TIMEOUT_MS,
);

it(
  'Overload: at twice the capacity the gateway answers 429, and nothing accepted is lost',
  async () => {
    const temporary = await temporaryDirectory();
    const out = join(await temporaryDirectory(), 'out');
    const program = bench(['overload', '--quick', '--out', out], temporary);
    const code = await program.ended;
    expect({ code, stderr: program.stderr }).toMatchObject({ code: 0 });
    const json: unknown = JSON.parse(await readFile(join(out, 'results.json'), 'utf8'));
    const [row] = resultsSchema.parse(json).scenarios[1]?.rows ?? [];
    expect(Number(row?.['refused'])).toBeGreaterThan(0);
    expect(Number(row?.['decided'])).toBeGreaterThan(0);
    expect(Number(row?.['accepted'])).toBeGreaterThan(0);
    // No 504: whatever was accepted was decided within the time that a call waits.
    expect(row).toMatchObject({ others: 'none', undecided: 0, views: 0 });
    expect(program.stdout).toMatch(/(met {4}|NOT MET) {2}p99 of calls that were decided/);
    expect(program.stdout).toMatch(/(met {4}|NOT MET) {2}last quarter of the gateway/);
  },
  RUN_TIMEOUT_MS,
);

it(
  'A13: after an overload one request is decided in time, and a view change is cheap',
  async () => {
    const temporary = await temporaryDirectory();
    const out = join(await temporaryDirectory(), 'out');
    const program = bench(
      ['recovery', '--quick', '--nodes', '13', '--mode', 'ccro', '--out', out],
      temporary,
    );
    const code = await program.ended;
    expect({ code, stderr: program.stderr }).toMatchObject({ code: 0 });
    const json: unknown = JSON.parse(await readFile(join(out, 'results.json'), 'utf8'));
    const { rows, verdicts } = resultsSchema.parse(json).scenarios[1] ?? { rows: [], verdicts: [] };
    expect(Number(rows[0]?.['decided'])).toBeGreaterThan(0);
    expect(Number(rows[0]?.['checked'])).toBeGreaterThan(13);
    expect(verdicts.map(({ what, met }) => ({ what, met }))).toEqual([
      { what: 'one request after an overload, ccro, n = 13', met: true },
      { what: 'CPU of a view change, ccro, n = 13', met: true },
    ]);
    expect(await readdir(temporary)).toEqual([]);
  },
  RUN_TIMEOUT_MS,
);

it(
  'leaves nothing behind when it is interrupted',
  async () => {
    const temporary = await temporaryDirectory();
    const program = bench(['throughput', '--requests', '100000000', '--quick'], temporary);
    await vi.waitFor(
      async () => {
        const isUp = (await processesIn(temporary)).some((line) => line.includes('gateway'));
        if (!isUp) throw new Error(`no gateway runs:\n${program.stderr}`);
      },
      { timeout: PATIENCE_MS, interval: 50 },
    );
    program.child.kill('SIGINT');
    expect(await program.ended).toBe(130);
    await vi.waitFor(async () => expect(await processesIn(temporary)).toEqual([]), {
      timeout: PATIENCE_MS,
      interval: 50,
    });
    expect(await readdir(temporary)).toEqual([]);
  },
  RUN_TIMEOUT_MS,
);

it(
  'says what it can measure, and what it cannot',
  async () => {
    const help = bench(['--help'], tmpdir());
    expect(await help.ended).toBe(0);
    expect(help.stdout).toContain('yardstick');
    expect(help.stdout).toContain('--quick');
    const wrong = bench(['--nodes', 'many'], tmpdir());
    expect(await wrong.ended).toBe(2);
    expect(wrong.stderr).toMatch(/--nodes <list>.*Allowed: 1 to 1024/);
    const nowhere = bench(['--write-docs', '--from', join(tmpdir(), 'no-results')], tmpdir());
    expect(await nowhere.ended).toBe(1);
    expect(nowhere.stderr).toMatch(/no-results.results\.json cannot be read: name a directory/);
  },
  RUN_TIMEOUT_MS,
);
