import { readFile } from 'node:fs/promises';

/** Linux counts in ticks of 10 ms on every processor that Node runs on. */
const MS_PER_TICK = 10;

/**
 * Milliseconds of processor time that process `pid` has used, all threads together.
 *
 * @returns undefined when there is no such process, or no /proc to read it from
 */
export async function cpuMilliseconds(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The program's name, in brackets, may hold spaces: count from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  return Number.isFinite(user + system) ? (user + system) * MS_PER_TICK : undefined;
}
