/**
 * Files that hold a key or a password are for their owner: who can read them can act as it. Those that
 * say whose keys count are no secret, but who can write them decides that.
 */

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeDirectory, readRegularFile } from '@ccro/files';
import { errorMessage } from '@ccro/foreign-text';
import { ConfigurationError, shown } from './configuration-error.js';

/** Permissions of users who are neither the owner nor in its group. */
const OTHERS = 0o007;
const OTHERS_WRITE = 0o002;

/**
 * Reads a file that holds a secret.
 *
 * @param setting what errors call it
 * @param advice what errors add when it cannot be read
 * @throws ConfigurationError when it cannot be read, or others can read or write it
 */
export function readSecretFile(path: string, setting: string, advice = ''): Buffer {
  const { isOpen, bytes } = reading(setting, advice, () => ({
    isOpen: isOpenToOthers(path),
    bytes: readRegularFile(path),
  }));
  if (isOpen) {
    throw new ConfigurationError(
      setting,
      `can be read by every user of this machine; allowed: chmod 600 ${shown(path)}`,
    );
  }
  return bytes;
}

/**
 * What `read` gives of a file.
 *
 * @param setting what errors call it
 * @param advice what errors add
 * @throws ConfigurationError when it cannot be read
 */
export function reading<T>(setting: string, advice: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const reason = errorMessage(error);
    throw new ConfigurationError(setting, `cannot be read (${reason})${advice}`);
  }
}

/**
 * What is wrong with the files that Node read the environment from, which hold a password for
 * Redis where it has users.
 *
 * @param options Node's own, as `process.execArgv` has them
 */
export function envFileWarnings(options: readonly string[]): string[] {
  const paths = options.flatMap((option, index) => {
    const [name, value = options[index + 1]] = option.split(/=(.*)/s);
    return /^--env-file(-if-exists)?$/.test(name ?? '') && value !== undefined ? [value] : [];
  });
  return paths
    .filter((path) => {
      try {
        return isOpenToOthers(path) && readFileSync(path, 'utf8').includes('@');
      } catch {
        return false;
      }
    })
    .map((path) => `${shown(path)} can be read by every user of this machine: chmod 600 ${path}`);
}

/**
 * What is wrong with files that say whom to trust, or what to run: a cluster file, the certificate of an
 * authority, a state machine.
 *
 * @param paths undefined: there is no such file
 */
export function trustedFileWarnings(paths: readonly (string | undefined)[]): string[] {
  return paths
    .filter((path) => path !== undefined)
    .filter((path) => {
      try {
        return isOpenToOthers(path, OTHERS_WRITE);
      } catch {
        return false;
      }
    })
    .map(
      (path) =>
        `${shown(path)} can be changed by every user of this machine, who so decides whom to trust: ` +
        `chmod o-w ${shown(path)}`,
    );
}

function isOpenToOthers(path: string, permissions = OTHERS): boolean {
  // Windows has no such permissions, and says 0666 of every file.
  return process.platform !== 'win32' && (statSync(path).mode & permissions) !== 0;
}

/** Its owner alone reads it. */
export const PRIVATE = 0o600;
export const PUBLIC = 0o644;

export interface NewFile {
  readonly name: string;
  readonly text: string;
  readonly mode: number;
}

/**
 * Writes files and overwrites nothing: a secret that is lost cannot be made again.
 *
 * @param directory made if it is not there, and so are folders in it
 * @returns their paths
 * @throws ConfigurationError when one is there already (then none is written) or cannot be written
 */
export function writeNewFiles(directory: string, files: readonly NewFile[]): string[] {
  const target = (name: string): string => join(directory, name);
  const taken = files.find(({ name }) => existsSync(target(name)));
  if (taken !== undefined) throw alreadyThere(target(taken.name));
  try {
    for (const { name, text, mode } of files) {
      makeDirectory(dirname(target(name)));
      writeFileSync(target(name), text, { mode, flag: 'wx' });
    }
  } catch (error) {
    const reason = errorMessage(error);
    throw new ConfigurationError(shown(directory), `cannot be written to (${reason})`);
  }
  return files.map(({ name }) => target(name));
}

function alreadyThere(path: string): ConfigurationError {
  return new ConfigurationError(
    shown(path),
    'is there already and is not overwritten; allowed: a directory without a cluster',
  );
}
