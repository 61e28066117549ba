import type { StoreSettings } from '@ccro/storage';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of a store's files; 0 for one that is in memory. Files that go meanwhile count nothing. */
export async function storeSize(storage: StoreSettings): Promise<number> {
  if (storage.durability === 'memory') return 0;
  const { directory } = storage;
  const names = await readdir(directory, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(directory, name)).then(
        (file) => (file.isFile() ? file.size : 0),
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
