/** A store whose process is killed, or whose disk is full (scenarios 55 and 58). */

import { LevelStore, type LevelStoreOptions } from '@ccro/storage';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryDirectory } from './support/files.testkit.js';
import { decide } from './support/http.testkit.js';
import {
  needsBuild,
  ROOT,
  startGatewayProgram,
  startNodeProgram,
} from './support/programs.testkit.js';
import { startedRedis } from './support/redis.testkit.js';
import { untilLevel } from './support/test-cluster.testkit.js';

needsBuild();

const TIMEOUT_MS = 120_000;
/** Appends that the writer has under way at a time. */
const IN_FLIGHT = 4;

function optionsFor(
  directory: string,
  durability: LevelStoreOptions['durability'],
): LevelStoreOptions {
  const identity = { cluster: 'crash', replica: 0 };
  return { directory, durability, identity, digests: { chunk: (name) => name } };
}

/**
 * Appends votes on one slot after another, `from` first, and prints each slot once that is done.
 * A failure is printed on standard error and ends it with exit code 1.
 */
const WRITER = `
import { writeSync } from 'node:fs';
const [entry, directory, durability, from] = process.argv.slice(1);
const { LevelStore } = await import(entry);
const store = await LevelStore.open({
  directory,
  durability,
  identity: { cluster: 'crash', replica: 0 },
  digests: { chunk: (name) => name },
});
let next = Number(from);
async function write() {
  for (;;) {
    const sequence = next++;
    await store.append([
      { kind: 'voted', phase: 'prepare', view: 0, sequence, digest: 'd'.repeat(64) },
      { kind: 'voted', phase: 'commit', view: 0, sequence, digest: 'd'.repeat(64) },
    ]);
    writeSync(1, sequence + '\\n');
  }
}
const writers = Array.from({ length: ${IN_FLIGHT} }, write);
await Promise.race(writers).catch((error) => {
  writeSync(2, error.code + ': ' + error.message + '\\n');
  process.exit(1);
});
`;

interface Writer {
  readonly child: ChildProcess;
  /** The slots it has printed so far. */
  printed(): number[];
  errorOutput(): string;
}

/** @param limit of the size of files, as a shell command to be run before */
function startWriter(directory: string, durability: string, from: number, limit = 'true'): Writer {
  const entry = join(ROOT, 'dist/libs/storage/src/index.js');
  const script = `${limit} && exec "$0" "$@"`;
  const node = [process.execPath, '--input-type=module', '-e', WRITER, entry];
  const child = spawn('sh', ['-c', script, ...node, directory, durability, String(from)]);
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  let errorOutput = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (errorOutput += text.toString()));
  return {
    child,
    // A line that was not ended may be half a number.
    printed: () => output.split('\n').slice(0, -1).map(Number),
    errorOutput: () => errorOutput,
  };
}

/** What a store has: slots with both votes, ascending. Each append has to be there as a whole. */
async function votedSlots(options: LevelStoreOptions): Promise<number[]> {
  const store = await LevelStore.open(options);
  const votes = (await store.restore())?.votes ?? [];
  await store.close();
  const of = (phase: string): number[] =>
    votes
      .filter((vote) => vote.phase === phase)
      .map(({ sequence }) => sequence)
      .sort((a, b) => a - b);
  expect(of('commit')).toEqual(of('prepare'));
  return of('prepare');
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

describe.each(['fsync', 'async'] as const)('a process that is killed, %s', (durability) => {
  it(
    'has stored all that it was told is stored, in order and nothing by halves',
    async () => {
      const options = optionsFor(await temporaryDirectory(), durability);
      let last = 0;
      for (let round = 1; round <= 6; round += 1) {
        const writer = startWriter(options.directory, durability, last + 1);
        const enough = 20 + round * 17;
        await vi.waitFor(() => expect(writer.printed().length).toBeGreaterThan(enough), {
          timeout: TIMEOUT_MS / 6,
          interval: 1,
        });
        writer.child.kill('SIGKILL');
        await once(writer.child, 'close');
        const confirmed = Math.max(...writer.printed());
        const stored = await votedSlots(options);
        last = stored.at(-1) ?? 0;
        expect(stored).toEqual(upTo(last));
        expect(last).toBeGreaterThanOrEqual(confirmed);
        expect(last - confirmed).toBeLessThanOrEqual(IN_FLIGHT);
      }
    },
    TIMEOUT_MS,
  );
});

/** Files may grow to 64 KiB: what a write beyond that meets is an error, as on a full disk. */
const FULL_SOON = 'ulimit -f 128';

describe('a disk that is full', () => {
  it(
    'stops the store, which has all that it said is stored once there is room',
    async () => {
      const options = optionsFor(await temporaryDirectory(), 'fsync');
      const writer = startWriter(options.directory, 'fsync', 1, FULL_SOON);
      const [code] = (await once(writer.child, 'close')) as [number | null];
      expect({ code, errorOutput: writer.errorOutput() }).toEqual({
        code: 1,
        errorOutput: expect.stringMatching(
          /^unavailable: the store in \S+ cannot be read or written \([^)]+\): make room [^\n]+\n$/,
        ),
      });
      const confirmed = Math.max(...writer.printed());
      expect(confirmed).toBeGreaterThan(10);
      const stored = await votedSlots(options);
      expect(stored).toEqual(upTo(stored.length));
      expect(stored.length).toBeGreaterThanOrEqual(confirmed);
    },
    TIMEOUT_MS,
  );

  it(
    'stops the node, and the others go on; with room it takes part again',
    async () => {
      const redis = await startedRedis();
      const directory = await temporaryDirectory();
      const own = (id: number) => ({
        REDIS_URL: redis.url,
        DATA_DIR: directory,
        NODE_ID: String(id),
        NODE_HTTP_PORT: '0',
      });
      const others = await Promise.all([0, 1, 2].map((id) => startNodeProgram(own(id))));
      const { url } = await startGatewayProgram({ REDIS_URL: redis.url });
      const full = spawn(
        'sh',
        ['-c', `${FULL_SOON} && exec "$0" "$@"`, process.execPath, 'dist/programs/node.js'],
        {
          cwd: ROOT,
          env: { PATH: process.env.PATH, ...own(3) },
          stdio: ['ignore', 'ignore', 'pipe'],
        },
      );
      onTestFinished(() => void full.kill('SIGKILL'));
      let errorOutput = '';
      full.stderr.on('data', (text: Buffer) => (errorOutput += text.toString()));
      const ended = once(full, 'close');
      let decided = 0;
      while (full.exitCode === null && full.signalCode === null) {
        decided = (await decide(url, 'x'.repeat(2000))).sequence;
        expect(decided).toBeLessThan(1000);
      }
      expect(await ended).toEqual([1, null]);
      expect(errorOutput).toMatch(/^node: the store in \S+node-3 cannot be read or written .+\n$/);
      decided = (await decide(url, 'without it')).sequence;
      const again = await startNodeProgram(own(3));
      await untilLevel([...others, again], decided);
    },
    TIMEOUT_MS,
  );
});
