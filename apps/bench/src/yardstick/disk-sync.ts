import { median } from '@ccro/figures';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

const RECORD = Buffer.alloc(200, 'r');

/**
 * Appends 200 bytes and waits until they are on the disk, again and again.
 *
 * @param directory on the file system where stores will be
 * @returns the median in microseconds
 */
export async function diskSync(directory: string, rounds: number): Promise<number> {
  const file = await open(join(directory, 'disk-sync'), 'a');
  try {
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const startedMs = performance.now();
      await file.write(RECORD);
      await file.datasync();
      times.push((performance.now() - startedMs) * 1000);
    }
    return median(times);
  } finally {
    await file.close();
  }
}
