/** What is around one program of a cluster that things are to be done to. */

import { join } from 'node:path';
import { SilentPath } from './silent-path.js';
import { SteppedClock } from './stepped-clock.js';

/**
 * Files and connections that a program may have open: enough for a node with its store and some 150
 * callers, and few enough to be used up from one process.
 */
const OPEN_FILES = 320;

export interface Surroundings {
  /** Its only way to Redis; undefined: it connects to Redis itself. */
  readonly path: SilentPath | undefined;
  readonly clock: SteppedClock;
  /** How many files and connections it may have open. */
  readonly openFiles: number;
}

/**
 * @param directory where its clock is kept
 * @param redisPort where a path of its own leads to; undefined: it gets none
 */
export async function createSurroundings(
  name: string,
  directory: string,
  redisPort: number | undefined,
): Promise<Surroundings> {
  const clock = await SteppedClock.at(join(directory, name.replace(' ', '-')));
  const path = redisPort === undefined ? undefined : await SilentPath.to(redisPort);
  return { path, clock, openFiles: OPEN_FILES };
}
