/**
 * Changes to a file that holds secrets: one process at a time, and never half a file.
 *
 * Invariant kept here (no lost change): a file is read, changed and replaced while this process alone
 * holds the lock beside it, which is made only where there is none.
 */

import { randomUUID } from 'node:crypto';
import {
  closeSync,
  openSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errorMessage } from '@ccro/foreign-text';
import { ConfigurationError, shown } from './configuration-error.js';
import { PRIVATE } from './secret-files.js';

/** How long another process is waited for, and how often it is looked at. */
const LOCK_WAIT_MS = 5_000;
const LOCK_LOOK_MS = 20;

/**
 * @param path a link is followed, and stays
 * @param change is given the file that is meant; nobody else changes it meanwhile
 * @throws ConfigurationError when another process holds the lock for too long
 */
export function changing<T>(path: string, change: (file: string) => T): T {
  const file = targetOf(path);
  const lock = `${file}.lock`;
  takeLock(file, lock);
  try {
    return change(file);
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Puts a file in the place of another, for its owner alone to read. @throws ConfigurationError */
export function replaceFile(file: string, text: string): void {
  // Of its own: what a run that was cut short left would keep its mode.
  const unfinished = `${file}.${randomUUID()}.new`;
  try {
    writeFileSync(unfinished, text, { mode: PRIVATE, flag: 'wx' });
    renameSync(unfinished, file);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw cannotBeWritten(file, error);
  }
}

function takeLock(file: string, lock: string): void {
  const deadline = performance.now() + LOCK_WAIT_MS;
  for (;;) {
    try {
      closeSync(openSync(lock, 'wx', PRIVATE));
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw cannotBeWritten(file, error);
    }
    if (performance.now() >= deadline) {
      const advice = `is there; allowed: when it has ended, or without ${shown(lock)} if nothing runs`;
      throw new ConfigurationError(
        shown(file),
        `is being changed by another process, whose lock ${advice}`,
      );
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_LOOK_MS);
  }
}

/** What a link points to, also when it is not there yet. */
function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw cannotBeWritten(path, error);
  }
  try {
    return resolve(dirname(path), readlinkSync(path));
  } catch {
    return resolve(path);
  }
}

function cannotBeWritten(path: string, error: unknown): ConfigurationError {
  return new ConfigurationError(shown(path), `cannot be written (${errorMessage(error)})`);
}
