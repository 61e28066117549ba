import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logsIn } from './process-cluster.js';

/** The temporary directory that everything of a run is in. */
export class Workspace {
  private constructor(
    readonly directory: string,
    private readonly isKept: boolean,
  ) {}

  static async create(name: string, keep: boolean): Promise<Workspace> {
    return new Workspace(await mkdtemp(join(tmpdir(), `ccro-${name}-`)), keep);
  }

  /** Copies the logs of all processes. @returns where they are */
  async saveLogs(directory: string): Promise<string> {
    const target = logsIn(directory);
    await cp(logsIn(this.directory), target, { recursive: true });
    return target;
  }

  /**
   * Removes what need not stay.
   *
   * @param keepLogs whether the logs stay although nobody asked for it
   * @returns what is left, if anything
   */
  async clear(keepLogs: boolean): Promise<string | undefined> {
    if (this.isKept) return this.directory;
    if (!keepLogs) {
      await rm(this.directory, { recursive: true, force: true });
      return undefined;
    }
    for (const part of ['keys', 'data', 'redis']) {
      await rm(join(this.directory, part), { recursive: true, force: true });
    }
    return this.directory;
  }
}

/** Writes a run's files. @param files text by name */
export async function writeFiles(
  directory: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
}
