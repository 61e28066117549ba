import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '@ccro/simulator';

/** Files that hold records: LevelDB's tables and write-ahead logs. */
const DATA_FILE = /\.(ldb|sst|log)$/;
/** Of so many bytes one is flipped: no record of any length stays whole everywhere. */
const SPACING = 97;

/**
 * Flips bytes in all of a store's data files, as a failing disk might.
 *
 * @returns how many bytes were flipped, in how many files
 */
export async function damageStore(
  directory: string,
  seed: string,
): Promise<{ readonly bytes: number; readonly files: number }> {
  const random = new Random(seed);
  const names = (await readdir(directory, { recursive: true })).filter((name) =>
    DATA_FILE.test(name),
  );
  let bytes = 0;
  for (const name of names.sort()) {
    const file = await open(join(directory, name), 'r+');
    try {
      const content = await file.readFile();
      for (let at = random.below(SPACING); at < content.length; at += SPACING) {
        content[at] = (content[at] ?? 0) ^ (1 + random.below(255));
        bytes += 1;
      }
      await file.write(content, 0, content.length, 0);
    } finally {
      await file.close();
    }
  }
  return { bytes, files: names.length };
}
