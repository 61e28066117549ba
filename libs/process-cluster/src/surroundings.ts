import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SilentPath } from './silent-path.js';
import { SteppedClock } from './stepped-clock.js';

/**
 * Files and connections that a program may have open: enough for a node with its store and some 150
 * callers, and few enough to be used up from one process.
 */
const OPEN_FILES = 320;

/** What is around one program of a cluster that things are to be done to. */
export interface Surroundings {
  /** Its only way to Redis; undefined: it connects to Redis itself. */
  readonly path: SilentPath | undefined;
  readonly clock: SteppedClock;
  /** How many files and connections it may have open. */
  readonly openFiles: number;
}

/**
 * Surroundings by the names of the programs. The last node and the last gateway get a path to Redis
 * of their own.
 *
 * @param directory where their clocks are kept
 */
export async function surroundingsOf(
  { nodes, gateways }: { readonly nodes: number; readonly gateways: number },
  directory: string,
  redisPort: number,
): Promise<ReadonlyMap<string, Surroundings>> {
  await mkdir(directory);
  const around = (kind: string, count: number): Promise<readonly [string, Surroundings]>[] =>
    Array.from({ length: count }, async (_, index) => {
      const clock = await SteppedClock.at(join(directory, `${kind}-${index}`));
      const path = index === count - 1 ? await SilentPath.to(redisPort) : undefined;
      return [`${kind} ${index}`, { path, clock, openFiles: OPEN_FILES }] as const;
    });
  return new Map(await Promise.all([...around('node', nodes), ...around('gateway', gateways)]));
}
