import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Bytes of memory that process `pid` occupies: from /proc where there is one, else from `ps`.
 *
 * @returns undefined when there is no such process
 */
export async function residentMemory(pid: number): Promise<number | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return kilobytes(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
  } catch {
    return residentMemoryByPs(pid);
  }
}

async function residentMemoryByPs(pid: number): Promise<number | undefined> {
  try {
    const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)]);
    return kilobytes(stdout.trim());
  } catch {
    return undefined;
  }
}

function kilobytes(text: string | undefined): number | undefined {
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text) * 1024;
}
