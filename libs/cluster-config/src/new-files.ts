import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorMessage } from '@ccro/foreign-text';
import { ConfigurationError, shown } from './configuration-error.js';

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
 * @param directory made if it is not there
 * @returns their paths
 * @throws ConfigurationError when one is there already (then none is written) or cannot be written
 */
export function writeNewFiles(directory: string, files: readonly NewFile[]): string[] {
  const target = (name: string): string => join(directory, name);
  const taken = files.find(({ name }) => existsSync(target(name)));
  if (taken !== undefined) throw alreadyThere(target(taken.name));
  try {
    mkdirSync(directory, { recursive: true });
    for (const { name, text, mode } of files) {
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
