/**
 * What a program writes when its work is done: it is looked at before the work begins, which may take hours, and
 * each part is written whatever becomes of the others.
 */

import {
  accessSync,
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { makeDirectory } from '@ccro/files';
import { explainFailure, OptionError } from './failure.js';

export interface Output {
  readonly option: string;
  /** As it was typed; undefined when it was not. */
  readonly path: string | undefined;
  readonly kind: 'file' | 'directory';
}

/** Some of the outputs could not be written. The message has a line for each reason. */
class OutputError extends Error {
  constructor(reasons: readonly string[]) {
    super([...new Set(reasons)].join('\n'));
    this.name = 'OutputError';
  }
}

/**
 * Makes sure that everything can be written that will be. Directories are made; what is in files stays.
 *
 * @throws OptionError for the first that cannot
 */
export function requireWritable(outputs: readonly Output[]): void {
  const files = new Set<string>();
  for (const { option, path, kind } of outputs) {
    if (path === undefined) continue;
    if (path === '') throw new OptionError(option, '""', `name a ${kind}`);
    const whole = resolve(path);
    if (files.has(whole)) throw new OptionError(option, path, 'another output goes there');
    try {
      if (kind === 'file') tryFile(whole);
      else tryDirectory(whole);
    } catch (error) {
      throw new OptionError(option, path, explainFailure(error, ''));
    }
    if (kind === 'file') files.add(whole);
  }
}

/**
 * Does all of `writes`, one after another.
 *
 * @throws OutputError when some failed, after the others were done
 */
export async function writeAll(writes: readonly (() => Promise<void>)[]): Promise<void> {
  const reasons: string[] = [];
  for (const write of writes) {
    await write().catch((error: unknown) => reasons.push(explainFailure(error, '')));
  }
  if (reasons.length > 0) throw new OutputError(reasons);
}

function tryFile(path: string): void {
  makeDirectory(dirname(path));
  const found = statSync(path, { throwIfNoEntry: false });
  // Opened and closed, a pipe would end for its reader.
  if (found !== undefined && !found.isFile() && !found.isDirectory()) {
    accessSync(path, constants.W_OK);
    return;
  }
  closeSync(openSync(path, 'a'));
  if (found === undefined) rmSync(path);
}

function tryDirectory(path: string): void {
  makeDirectory(path);
  rmdirSync(mkdtempSync(join(path, '.ccro-')));
}
