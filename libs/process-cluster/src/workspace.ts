import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDirectory } from '@ccro/files';
import { writeAll } from '@ccro/program';
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
   * Ends the work in it. The logs of a run that failed stay: in `out` if they can, or where they are.
   *
   * @returns the directory that logs are left in, if any
   */
  async leave(hasFailed: boolean, out: string | undefined): Promise<string | undefined> {
    const saved = hasFailed ? await this.save(out) : undefined;
    const left = await this.clear(hasFailed && saved === undefined);
    return saved ?? left;
  }

  /** Copies the logs. @returns where they are now; undefined when they could not be copied */
  private async save(out: string | undefined): Promise<string | undefined> {
    if (out === undefined) return undefined;
    const copied = cp(logsIn(this.directory), logsIn(out), { recursive: true });
    return copied.then(
      () => out,
      () => undefined,
    );
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

/**
 * Writes a run's files.
 *
 * @param files text by name
 * @throws OutputError when some cannot be written, after all others were
 */
export async function writeFiles(
  directory: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const writes = Object.entries(files).map(([name, text]) => async () => {
    makeDirectory(directory);
    await writeFile(join(directory, name), text);
  });
  await writeAll(writes);
}
