/** What each workspace says in its package.json that it needs, against what its sources import. */
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCE = /\.(tsx?|js)$/;
/** Specs, what they share, and what stands in a folder for them. */
const TEST_SOURCE = /\.(spec|contract|testkit)\.ts$|^test\//;
/** Built into what ships (the page), or run in a working copy alone (the benchmark). */
const MAY_SHIP_DEV_PACKAGES = ['apps/dashboard', 'apps/bench'];
/** Stated although no source imports them: another package asks for them. */
const ASKED_FOR_BY: Readonly<Record<string, string>> = {
  '@bull-board/ui': '@bull-board/api',
  '@fastify/static': '@nestjs/swagger',
  'reflect-metadata': '@nestjs/common',
  rxjs: '@nestjs/common',
  '@types/autocannon': 'autocannon',
};

type Packages = Readonly<Record<string, string>>;

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly private?: boolean;
  readonly type: string;
  readonly workspaces?: readonly string[];
  readonly dependencies?: Packages;
  readonly devDependencies?: Packages;
  readonly peerDependencies?: Packages;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest;
}

const root = manifestOf('.');
const rootTools = Object.keys(root.devDependencies ?? {});
const folders = (root.workspaces ?? []).flatMap((pattern) =>
  pattern.endsWith('/*')
    ? readdirSync(join(ROOT, pattern.slice(0, -2)), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => `${pattern.slice(0, -1)}${name}`)
    : [pattern],
);
const versions = new Map(
  folders.map((folder) => {
    const { name, version } = manifestOf(folder);
    return [name, version];
  }),
);

/** Packages that the sources import. @param tests those of specs, else those of what ships */
function importedBy(folder: string, own: string, { tests }: { tests: boolean }): string[] {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).filter(
    (file) => SOURCE.test(file) && !file.includes('node_modules'),
  );
  const specifiers = files
    .filter((file) => TEST_SOURCE.test(file) === tests)
    .map((file) => readFileSync(join(ROOT, folder, file), 'utf8'))
    .flatMap((text) => ts.preProcessFile(text).importedFiles)
    .map(({ fileName }) => fileName)
    .filter((specifier) => !specifier.startsWith('.') && !isBuiltin(specifier));
  const packages = new Set(specifiers.map(packageOf));
  packages.delete(own);
  return [...packages].sort();
}

/** `@scope/name/file` and `name/file` without the file. */
function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

describe.each(folders)('%s', (folder) => {
  const manifest = manifestOf(folder);
  const { dependencies = {}, devDependencies = {}, peerDependencies = {} } = manifest;
  const shipped = importedBy(folder, manifest.name, { tests: false });
  const tested = importedBy(folder, manifest.name, { tests: true });

  it('states every package that what ships imports', () => {
    const stated = new Set([...Object.keys(dependencies), ...Object.keys(peerDependencies)]);
    if (MAY_SHIP_DEV_PACKAGES.includes(folder)) {
      for (const name of [...Object.keys(devDependencies), ...rootTools]) stated.add(name);
    }
    expect(shipped.filter((name) => !stated.has(name))).toEqual([]);
  });

  it('states every package that its specs import, unless it is a tool of all', () => {
    const stated = new Set([
      ...Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies }),
      ...rootTools.filter((name) => !name.startsWith('@ccro/')),
    ]);
    expect(tested.filter((name) => !stated.has(name))).toEqual([]);
  });

  it('states no package that nothing imports', () => {
    const needed = (name: string, imported: readonly string[]): boolean =>
      imported.includes(name) || imported.includes(ASKED_FOR_BY[name] ?? name);
    const anywhere = [...shipped, ...tested];
    expect([
      ...Object.keys({ ...dependencies, ...peerDependencies }).filter(
        (name) => !needed(name, shipped),
      ),
      ...Object.keys(devDependencies).filter((name) => !needed(name, anywhere)),
    ]).toEqual([]);
  });

  it('pins each to one version, which is that of the others', () => {
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      if (name.startsWith('@ccro/')) expect([name, version]).toEqual([name, versions.get(name)]);
      else expect([name, version]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
    }
  });

  it('has the version, the licence and the kind of modules of the whole', () => {
    const { version, license, type } = root;
    expect(manifest).toMatchObject({ version, license, type });
  });
});

it('the root needs tools alone: what ships is stated by the workspaces', () => {
  expect(root.dependencies).toBeUndefined();
  expect(folders.length).toBeGreaterThan(30);
});

it('all workspaces have the same version of a package', () => {
  const seen = new Map<string, Set<string>>();
  for (const { dependencies, devDependencies } of folders.map(manifestOf)) {
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      seen.set(name, (seen.get(name) ?? new Set()).add(version));
    }
  }
  expect([...seen].filter(([, found]) => found.size > 1)).toEqual([]);
});

it('what is packed needs nothing that is not', () => {
  const manifests = folders.map(manifestOf);
  const published = new Set(manifests.filter((m) => m.private !== true).map((m) => m.name));
  const missing = manifests
    .filter(({ name }) => published.has(name))
    .flatMap(({ dependencies }) => Object.keys(dependencies ?? {}))
    .filter((name) => name.startsWith('@ccro/') && !published.has(name));
  expect(missing).toEqual([]);
  expect(published).toContain('@ccro/client');
});
