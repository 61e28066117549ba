/** Directories for stores, and what can happen to the files in them. */

import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { LevelStore, type LevelStoreOptions } from './level-store.js';
import { digests } from './records.testkit.js';

export const IDENTITY = { cluster: 'test', replica: 1 } as const;

/** A directory for one test. */
export async function freshDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ccro-store-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export function openLevel(
  directory: string,
  options: Partial<LevelStoreOptions> = {},
): Promise<LevelStore> {
  return LevelStore.open({
    directory,
    identity: IDENTITY,
    durability: 'async',
    digests,
    ...options,
  });
}

/** Opens a store that is closed when the test has finished. */
export async function openedLevel(
  directory: string,
  options: Partial<LevelStoreOptions> = {},
): Promise<LevelStore> {
  const store = await openLevel(directory, options);
  onTestFinished(() => store.close());
  return store;
}

/** A copy of a closed store, to be damaged. */
export async function copyOf(directory: string): Promise<string> {
  const copy = await freshDirectory();
  await cp(directory, copy, { recursive: true });
  return copy;
}

/** Paths of a store's files. */
export async function filesOf(directory: string): Promise<string[]> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  return found.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
}
