import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keygenCommand } from './keygen-command.js';

let directory: string;
let out: string;
const written = { stdout: '', stderr: '' };
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ccro-keygen-'));
  out = join(directory, 'keys');
  written.stdout = written.stderr = '';
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += text.toString();
      return true;
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  rmSync(directory, { recursive: true });
});

/** What `npm run keygen -- <argv>` exits with. */
function keygen(...argv: string[]): number {
  process.exitCode = undefined;
  keygenCommand().parse(argv, { from: 'user' });
  return Number(process.exitCode ?? 0);
}

describe('npm run keygen', () => {
  it('D8: writes nothing when a gateway is no client, so that the corrected command is taken', () => {
    const users = ['--redis-acl', '--out', out];
    expect(keygen(...users, '--gateway', 'gatewy')).toBe(2);
    expect(written.stderr).toContain('--gateway is "gatewy"; allowed: clients of the cluster');
    expect(existsSync(out)).toBe(false);
    expect(keygen(...users, '--gateway', 'gateway')).toBe(0);
    expect(readdirSync(join(out, 'redis'))).toContain('users.acl');
  });

  it('D8, sibling: writes no keys when users of Redis are there already', () => {
    expect(keygen('--out', join(directory, 'other'))).toBe(0);
    const config = join(directory, 'other', 'cluster.json');
    expect(keygen('--redis-acl', '--config', config, '--out', join(out, 'redis'))).toBe(0);
    expect(keygen('--redis-acl', '--out', out)).toBe(1);
    expect(written.stderr).toContain('users.acl" is there already');
    expect(readdirSync(out)).toEqual(['redis']);
  });

  it.each([
    [['--nodes', '7'], '--nodes is 7; allowed: without --config'],
    [['--client', 'zz'], '--client is ["zz"]; allowed: without --config'],
    [['--mode', 'pbft'], '--mode is "pbft"; allowed: without --config'],
  ])('D8, sibling: refuses %j beside --config instead of leaving it out', (argv, message) => {
    expect(keygen('--redis-acl', '--config', 'cluster.json', '--out', out, ...argv)).toBe(2);
    expect(written.stderr).toContain(message);
  });

  it.each([
    [['--api-keys', 'FILE', '--nodes', '7'], '--nodes is 7; allowed: without --api-keys'],
    [['--api-keys', 'FILE', '--redis-acl'], '--redis-acl'],
    [
      ['--out', 'OUT', '--redis-url', 'redis://elsewhere'],
      '--redis-url is "redis://elsewhere"; allowed: with',
    ],
    [['--out', 'OUT', '--gateway', 'gateway'], '--gateway is "gateway"; allowed: with --redis-acl'],
    [['--api-keys', '', '--api-key', 'ops:admin'], '--api-keys is ""; allowed: the file'],
    [['--out', ''], '--out is ""; allowed: a directory'],
  ])('D8, sibling: refuses %j, of which a part would be left out', (argv, message) => {
    const paths: Record<string, string> = { FILE: join(directory, 'api-keys.json'), OUT: out };
    expect(keygen(...argv.map((word) => paths[word] ?? word))).toBe(2);
    expect(written.stderr).toContain(message);
    expect(readdirSync(directory)).toEqual([]);
  });
});
