import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a directory, and those above it that are not there. Unlike `mkdir` with `recursive` it ends also where a
 * directory takes no new entries and says that it is not there itself, as /proc does: each is made once, top down.
 *
 * @param mode of each that is made
 * @returns the topmost that was made; undefined when all were there
 * @throws what the system says of the first that cannot be made; ENOTDIR for what is no directory
 */
export function makeDirectory(path: string, mode?: number): string | undefined {
  const missing: string[] = [];
  let each = resolve(path);
  while (!isDirectory(each)) {
    missing.push(each);
    const parent = dirname(each);
    if (parent === each) break;
    each = parent;
  }
  for (const next of missing.toReversed()) makeOne(next, mode);
  return missing.at(-1);
}

/** Another process may make it in the same moment. */
function makeOne(path: string, mode: number | undefined): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !isDirectory(path)) throw error;
  }
}

/** @throws ENOTDIR for anything else that is there */
function isDirectory(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isDirectory()) return found !== undefined;
  const error = new Error(`ENOTDIR: not a directory, mkdir '${path}'`);
  throw Object.assign(error, { code: 'ENOTDIR', syscall: 'mkdir', path });
}
