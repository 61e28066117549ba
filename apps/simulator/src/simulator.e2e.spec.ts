/** The built program, as `npm run simulate` starts it. */

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BROKEN_PROTOCOLS } from '@ccro/simulator';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const BROKEN_TIMEOUT_MS = 240_000;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function simulate(...args: string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['scripts/run.mjs', 'simulate', ...args], { cwd: ROOT });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'ccro-simulate-'));
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** Standard error less the lines that say how far it is. */
function withoutProgress(stderr: string): string {
  return stderr.replaceAll(/^.*\d+\/\d+ (seeds|protocols), .*\n?/gm, '');
}

describe('npm run simulate', () => {
  it('finds nothing wrong with the protocol', async () => {
    const { code, stdout, stderr } = await simulate('--seeds', '12');
    expect(withoutProgress(stderr)).toBe('');
    expect(stdout).toMatch(/^Seeds \d+ to \d+: pbft and ccro, 4, 5, 6, 7, 8, 9, 10 nodes\n/);
    expect(stdout).toContain('No invariant was violated in 12 runs.');
    expect(code).toBe(0);
  });

  it('replays a seed exactly, in another process, and writes its whole trace', async () => {
    const file = join(directory, 'trace.txt');
    const args = ['--seed', '11', '--trace', file];
    const first = await simulate(...args);
    const trace = readFileSync(file, 'utf8');
    const hash = createHash('sha256').update(trace).digest('hex');
    expect(first.stdout).toContain(`Trace: sha256 ${hash}`);
    expect(trace.split('\n').length).toBeGreaterThan(100);
    expect(await simulate(...args)).toEqual(first);
  });

  it.each([
    ['--seed', '1'],
    ['--seeds', '10000000'],
    ['--break', 'all'],
  ])(
    'F9, sibling: says in one line that a trace cannot be written, before it runs: %s %s',
    async (...run) => {
      const { code, stdout, stderr } = await simulate(...run, '--trace', directory);
      expect(stderr).toMatch(/^--trace .* cannot be used: .*it is a directory: name a file .*\n$/);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    },
  );
});

describe('every rule broken on purpose is found', () => {
  it('within 300 seeds each', { timeout: BROKEN_TIMEOUT_MS }, async () => {
    const all = ['--break', 'all', '--nodes', '4', '--known-first'];
    const { code, stdout, stderr } = await simulate(...all);
    expect(withoutProgress(stderr)).toBe('');
    expect(stdout).not.toContain('NOT FOUND');
    for (const { name } of BROKEN_PROTOCOLS) expect(stdout).toContain(name);
    const count = BROKEN_PROTOCOLS.length;
    expect(stdout).toContain(`${count} of ${count} broken protocols were found.`);
    expect(code).toBe(0);
  });

  it('and shown with the end of its trace', async () => {
    const { code, stdout } = await simulate('--break', 'quorum-too-small', '--nodes', '4');
    expect(stdout).toMatch(/VIOLATED certificates: .*, signed by 2, not by 3/);
    expect(stdout).toContain('Found after 1 of 300 seeds.');
    expect(code).toBe(0);
  });
});
