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

  /**
   * Ends the work in it. The logs of a run that failed stay: in `out`, or where they are.
   *
   * @returns the directory that logs are left in, if any
   */
  async leave(hasFailed: boolean, out: string | undefined): Promise<string | undefined> {
    const saved = hasFailed ? out : undefined;
    if (saved !== undefined) {
      await cp(logsIn(this.directory), logsIn(saved), { recursive: true });
    }
    const left = await this.clear(hasFailed && saved === undefined);
    return saved ?? left;
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
