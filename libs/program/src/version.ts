import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * This installation's version, from its package.json.
 *
 * @param from a module's `import.meta.url`, be it source, compiled or bundled
 */
export function programVersion(from: string): string {
  for (let directory = dirname(fileURLToPath(from)); ; directory = dirname(directory)) {
    const file = join(directory, 'package.json');
    if (existsSync(file)) {
      const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
      if (name === 'ccro') return String(version);
    }
    if (directory === dirname(directory)) return 'unknown';
  }
}
