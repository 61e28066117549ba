import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** What names the directory that all users of a machine write to, and what is made of it. */
const USE = /(\w*)\(join\((?:os\.)?tmpdir\(\)|(join\((?:os\.)?tmpdir\(\))/g;

function sources(): string[] {
  return ['apps', 'libs', 'scripts', 'examples'].flatMap((directory) =>
    readdirSync(`${ROOT}${directory}`, { recursive: true })
      .map((path) => `${directory}/${String(path)}`)
      .filter((path) => /\.(ts|tsx|mjs)$/.test(path) && !path.includes('node_modules'))
      .filter((path) => !path.endsWith('.spec.ts')),
  );
}

/** Names below the shared directory that are not new and unforeseeable ones. */
function foreseeable(text: string): string[] {
  return [...text.matchAll(USE)]
    .filter(([, maker]) => !/^mkdtemp(Sync)?$/.test(maker ?? ''))
    .map(([use]) => use);
}

describe('temporary files', () => {
  it('I23: are in directories of their own, whose names nobody can foresee', () => {
    const found = sources().flatMap((path) =>
      foreseeable(readFileSync(`${ROOT}${path}`, 'utf8')).map((use) => `${path}: ${use}`),
    );
    expect(found).toEqual([]);
  });

  it('I23: are found where they are not', () => {
    expect(foreseeable("const file = join(tmpdir(), 'trace.txt');")).toHaveLength(1);
    expect(foreseeable("writeFile(join(tmpdir(), 'trace.txt'), text)")).toHaveLength(1);
    expect(foreseeable("await mkdtemp(join(tmpdir(), 'ccro-'))")).toEqual([]);
  });
});
