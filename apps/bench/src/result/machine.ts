import { execFile } from 'node:child_process';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { promisify } from 'node:util';
import type { Machine } from './results.js';

const run = promisify(execFile);

export function describeMachine(redis: string): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    system: `${platform()} ${arch()} ${release()}`,
    node: process.versions.node,
    redis,
    loadBefore: loadavg()[0] ?? 0,
  };
}

/** The working copy's commit, with `+changes` when files differ from it; null without git. */
export async function describeCommit(directory: string): Promise<string | null> {
  try {
    const git = async (...args: string[]): Promise<string> =>
      (await run('git', args, { cwd: directory })).stdout.trim();
    const commit = await git('rev-parse', '--short=12', 'HEAD');
    const changes = await git('status', '--porcelain');
    return changes === '' ? commit : `${commit}+changes`;
  } catch {
    return null;
  }
}
