/** What belongs to this installation, seen from a module of it: source, compiled or bundled. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BUILT = '/dist/';

/**
 * A file or directory of the nearest build at or above a module.
 *
 * @param path below `dist`
 * @param from the module's `import.meta.url`
 * @returns undefined where it was not built
 */
export function nearestBuilt(path: string, from: string): string | undefined {
  return directoriesAbove(from)
    .map((directory) => join(directory, 'dist', path))
    .find((built) => existsSync(built));
}

/**
 * The file of a built program, for starting it in a process of its own.
 *
 * @param name `node` or `gateway`
 * @param from `import.meta.url` of a built module, bundled or not
 */
export function builtProgram(name: 'node' | 'gateway', from: string): string {
  const end = from.lastIndexOf(BUILT) + BUILT.length;
  if (end < BUILT.length) throw new RangeError(`${from} was not built: npm run build`);
  return fileURLToPath(new URL(`programs/${name}.js`, from.slice(0, end)));
}

/** This installation's version, from its package.json. @param from a module's `import.meta.url` */
export function programVersion(from: string): string {
  for (const directory of directoriesAbove(from)) {
    const file = join(directory, 'package.json');
    if (!existsSync(file)) continue;
    const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    if (name === 'ccro') return String(version);
  }
  return 'unknown';
}

/** From a module's own directory up to the root. */
function directoriesAbove(from: string): readonly string[] {
  const found = [dirname(fileURLToPath(from))];
  for (;;) {
    const [lowest = ''] = found.slice(-1);
    const above = dirname(lowest);
    if (above === lowest) return found;
    found.push(above);
  }
}
