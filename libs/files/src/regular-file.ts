import { readFileSync, statSync, type Stats } from 'node:fs';

/** What the process was given open by whoever started it, such as standard input. */
const GIVEN_OPEN = /^\/(dev\/stdin$|dev\/fd\/|proc\/(self|\d+)\/fd\/)/;

/**
 * Reads a file that a user named by its path.
 *
 * @throws what the system says, or that it is no regular file: reading a pipe would wait for whoever writes to it, and
 *   reading a device may never end
 */
export function readRegularFile(path: string): Buffer {
  requireRegularFile(path);
  return readFileSync(path);
}

/** @throws when `path` names something that is no regular file, and was not given open to this process */
export function requireRegularFile(path: string): void {
  if (GIVEN_OPEN.test(path)) return;
  const found = statSync(path);
  if (!found.isFile()) throw new Error(`it is ${kindOf(found)}, not a regular file`);
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a directory';
  if (found.isFIFO()) return 'a named pipe';
  return found.isSocket() ? 'a socket' : 'a device';
}
