import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** How long a size is told without looking anew, in milliseconds. */
const FRESH_MS = 5_000;

/** Bytes of all files below `directory`; those that go meanwhile count as nothing. */
export async function directorySize(directory: string): Promise<number> {
  const names = await readdir(directory, { recursive: true }).catch(() => []);
  let bytes = 0;
  // One after another: the store waits for the same few threads.
  for (const name of names) {
    const found = await stat(join(directory, name)).catch(() => undefined);
    if (found?.isFile() === true) bytes += found.size;
  }
  return bytes;
}

/**
 * The size of a directory, measured at most once in a while and shared by all callers. Measuring takes
 * a disk access for each file, which delays what is stored meanwhile.
 */
export class SharedDirectorySize {
  private looked: { readonly bytes: Promise<number>; untilMs: number } | undefined;

  /** @param now milliseconds on a clock that never goes back */
  constructor(
    private readonly look: () => Promise<number>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  bytes(): Promise<number> {
    if (this.looked !== undefined && this.now() < this.looked.untilMs) return this.looked.bytes;
    const looked = { bytes: this.look(), untilMs: Infinity };
    this.looked = looked;
    const end = (): void => void (looked.untilMs = this.now() + FRESH_MS);
    looked.bytes.then(end, end);
    return looked.bytes;
  }
}
