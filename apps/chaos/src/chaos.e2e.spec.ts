/** The programs as users run them: real processes, a real Redis, real signals. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const BUILD_TIMEOUT_MS = 180_000;
const PATIENCE_MS = 60_000;
const RUN_TIMEOUT_MS = 200_000;
/** A line of the timeline: the cluster is up and in trouble. */
const FIRST_INCIDENT = /^ +\d+\.\d s {2}\S/m;

interface Effect {
  readonly targets: readonly string[];
  /** What was seen of it, by those whom it struck. */
  readonly showed: RegExp;
}

const PROGRAMS = ['node', 'gateway'];
const CLOCK = { targets: PROGRAMS, showed: /^its clock said \d{4}-/ };
/** Faults by kind; those that one run has time for in one group. */
const AROUND: readonly Readonly<Record<string, Effect>>[] = [
  {
    'clock-step': CLOCK,
    'idle-connections': { targets: PROGRAMS, showed: /closed [1-9]\d*$/ },
    'redis-replica': { targets: ['redis'], showed: /say: .*a replica/ },
  },
  {
    'clock-restart': CLOCK,
    'half-open-clients': { targets: ['gateway'], showed: /^[1-9].* silent without an answer/ },
    'redis-password': { targets: ['redis'], showed: /say: .*(NOAUTH|WRONGPASS)/ },
  },
  {
    'log-closed': { targets: PROGRAMS, showed: /not write its log: EPIPE$/ },
    'silent-redis': { targets: PROGRAMS, showed: /^[1-9].* silent, new ones after/ },
    'redis-rights': { targets: ['redis'], showed: /say: .*NOPERM/ },
  },
];

beforeAll(async () => {
  const prepare = new Program(['scripts/prepare.mjs'], tmpdir());
  if ((await prepare.ended) !== 0) throw new Error(`the build failed:\n${prepare.output}`);
}, BUILD_TIMEOUT_MS);

class Program {
  output = '';
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
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
    this.ended = once(this.child, 'close').then(([code, signal]: unknown[]) => code ?? signal);
  }

  async says(pattern: RegExp): Promise<void> {
    const look = (): void => {
      if (!pattern.test(this.output)) throw new Error(`no ${pattern} in:\n${this.output}`);
    };
    await vi.waitFor(look, { timeout: PATIENCE_MS, interval: 50 });
  }
}

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ccro-chaos-spec-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

function started(name: 'main' | 'soak', args: readonly string[], temporary: string): Program {
  const program = new Program([`dist/apps/chaos/src/${name}.js`, ...args], temporary);
  onTestFinished(() => void program.child.kill('SIGKILL'));
  return program;
}

/** Command lines of all processes that work in `directory`. */
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

describe('npm run chaos', () => {
  it(
    'breaks what may break, and finds every promise kept',
    async () => {
      const temporary = await temporaryDirectory();
      const out = join(temporary, 'out');
      const program = started('main', ['--minutes', '0.35', '--out', out], temporary);
      const exit = await program.ended;
      // The output names the seed, and what to look at.
      if (exit !== 0) throw new Error(`exit ${exit}:\n${program.output}`);
      expect(program.output).toMatch(/PASSED {2}npm run chaos -- .*--seed \d+/);
      expect(program.output.match(/^ok /gm)).toHaveLength(11);

      const { incidents } = JSON.parse(await readFile(join(out, 'timeline.json'), 'utf8')) as {
        readonly incidents: readonly { readonly target: string; readonly overMs: number }[];
      };
      expect(incidents.filter(({ target }) => target.startsWith('node')).length).toBeGreaterThan(0);
      const history = (await readFile(join(out, 'history.jsonl'), 'utf8')).trimEnd().split('\n');
      expect(history.length).toBeGreaterThan(100);
      expect(JSON.parse(history[0] ?? '')).toMatchObject({
        number: 1,
        attempts: expect.any(Array),
      });
      expect(await readFile(join(out, 'report.md'), 'utf8')).toMatch(
        /^# Chaos run, seed .*: passed/,
      );
      expect(await readdir(temporary)).toEqual(['out']);
      expect(await processesIn(temporary)).toEqual([]);
    },
    RUN_TIMEOUT_MS,
  );

  it.each(AROUND)(
    'does what it says to what is around the processes: %j',
    async (kinds) => {
      const temporary = await temporaryDirectory();
      const out = join(temporary, 'out');
      const only = ['--only', Object.keys(kinds).join(), '--seed', 'around'];
      const program = started('main', ['--minutes', '0.55', ...only, '--out', out], temporary);
      const exit = await program.ended;
      expect({ exit, output: program.output }).toMatchObject({ exit: 0 });
      const { incidents } = JSON.parse(await readFile(join(out, 'timeline.json'), 'utf8')) as {
        readonly incidents: readonly {
          readonly target: string;
          readonly fault: { readonly kind: string };
          readonly showed: string;
        }[];
      };
      for (const [kind, { targets, showed }] of Object.entries(kinds)) {
        const ofKind = incidents.filter(({ fault }) => fault.kind === kind);
        for (const each of ofKind) expect(each.showed).toMatch(showed);
        const struck = new Set(ofKind.map(({ target }) => target.split(' ')[0]));
        expect([kind, struck]).toEqual([kind, new Set(targets)]);
      }
    },
    RUN_TIMEOUT_MS,
  );

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ended by %s leaves nothing behind',
    async (signal) => {
      const temporary = await temporaryDirectory();
      const program = started('main', ['--minutes', '5', '--seed', 'a'], temporary);
      await program.says(FIRST_INCIDENT);
      program.child.kill(signal);
      expect(await program.ended).toBe(130);
      expect(await readdir(temporary)).toEqual([]);
      expect(await processesIn(temporary)).toEqual([]);
    },
    RUN_TIMEOUT_MS,
  );

  it(
    'killed outright leaves no process behind',
    async () => {
      const temporary = await temporaryDirectory();
      const program = started('main', ['--minutes', '5', '--seed', 'a'], temporary);
      await program.says(FIRST_INCIDENT);
      expect((await processesIn(temporary)).length).toBeGreaterThan(4);
      program.child.kill('SIGKILL');
      await vi.waitFor(
        async () => {
          expect(await processesIn(temporary)).toEqual([]);
          expect(await readdir(temporary)).toEqual([]);
        },
        { timeout: PATIENCE_MS, interval: 100 },
      );
    },
    RUN_TIMEOUT_MS,
  );
});

describe('npm run soak', () => {
  it.each(['gateway', 'client'] as const)(
    'measures every process while requests go through the %s',
    async (through) => {
      const temporary = await temporaryDirectory();
      const out = join(temporary, 'out');
      // Long enough for some samples, however fast that is.
      const count = through === 'client' ? 20_000 : 4_000;
      const requests = ['--requests', String(count), '--sample-every', '100'];
      const args = [...requests, '--through', through, '--out', out];
      const program = started('soak', args, temporary);
      const exit = await program.ended;
      // So short a run only warms up: memory may be found to grow, and then the program says so.
      const isFlat = program.output.includes('\nFLAT: ');
      expect({ exit, output: program.output }).toMatchObject({ exit: isFlat ? 0 : 1 });
      expect(program.output).toMatch(/^- .*grew from|^FLAT: /m);
      const samples = JSON.parse(await readFile(join(out, 'samples.json'), 'utf8')) as readonly {
        readonly decided: number;
        readonly memory: Readonly<Record<string, number>>;
        readonly stores: Readonly<Record<string, number>>;
      }[];
      const last = samples.at(-1);
      expect(last?.decided).toBeGreaterThanOrEqual(count);
      const nodes = [0, 1, 2, 3].map((id) => `node ${id}`);
      expect(Object.keys(last?.memory ?? {})).toEqual([...nodes, 'gateway 0', 'redis']);
      expect(Math.min(...Object.values(last?.memory ?? {}))).toBeGreaterThan(1_000_000);
      expect(Object.keys(last?.stores ?? {})).toEqual(nodes);
      expect(Math.min(...Object.values(last?.stores ?? {}))).toBeGreaterThan(100_000);
      for (const chart of ['memory.svg', 'stores.svg']) {
        expect(await readFile(join(out, chart), 'utf8')).toMatch(/^<svg [^]*<polyline [^]*<\/svg>/);
      }
    },
    RUN_TIMEOUT_MS,
  );
});
