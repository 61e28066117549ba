import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A file or directory of the nearest build at or above a module, be that source, compiled or
 * bundled.
 *
 * @param path below `dist`
 * @param from the module's `import.meta.url`
 * @returns undefined where it was not built
 */
export function nearestBuilt(path: string, from: string): string | undefined {
  let directory = dirname(fileURLToPath(from));
  for (;;) {
    const built = join(directory, 'dist', path);
    if (existsSync(built)) return built;
    const parent = dirname(directory);
    if (parent === directory) return undefined;
    directory = parent;
  }
}
