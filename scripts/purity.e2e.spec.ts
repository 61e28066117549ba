import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CONFIGS = ['.oxlintrc.json', '.dependency-cruiser.mjs', 'tsconfig.json', 'package.json'];
const PAGE_FILE = 'libs/wire/src/fixture.ts';
const CORE_FILE = 'libs/consensus/src/slot/on-fixture.ts';

interface Outcome {
  readonly exitCode: number;
  readonly output: string;
}

/** A rule that nothing breaks may be a rule that nothing checks: break each one, in a copy. */
describe('the rules about the protocol core, and about what browsers run', () => {
  let copy: string;

  beforeAll(async () => {
    copy = await mkdtemp(join(tmpdir(), 'ccro-purity-'));
    for (const config of CONFIGS) await cp(join(ROOT, config), join(copy, config));
    await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    await place('libs/crypto/src/index.ts', 'export const digestBytes = 32;\n');
    await place('libs/consensus/src/sync/above.ts', 'export const above = 1;\n');
  });

  afterAll(() => rm(copy, { recursive: true, force: true }));

  async function place(file: string, source: string): Promise<void> {
    await mkdir(dirname(join(copy, file)), { recursive: true });
    await writeFile(join(copy, file), source);
  }

  function runTool(bin: string, args: string[]): Promise<Outcome> {
    const script = join(ROOT, 'node_modules', bin);
    return new Promise((resolve) => {
      execFile(process.execPath, [script, ...args], { cwd: copy }, (error, stdout, stderr) => {
        const exitCode = typeof error?.code === 'number' ? error.code : error ? -1 : 0;
        resolve({ exitCode, output: stdout + stderr });
      });
    });
  }

  const lint = (): Promise<Outcome> => runTool('oxlint/bin/oxlint', ['--format=unix', 'libs']);
  const cruise = (): Promise<Outcome> =>
    runTool('dependency-cruiser/bin/dependency-cruise.mjs', ['libs']);

  const pure = 'export function next(sequence: number): number {\n  return sequence + 1;\n}\n';

  const impurities: readonly [name: string, source: string, rule: string][] = [
    ['reads a clock', 'export const at = Date.now();', 'no-restricted-globals'],
    ['makes a date', 'export const at = new Date();', 'no-restricted-globals'],
    ['measures time', 'export const at = performance.now();', 'no-restricted-globals'],
    ['sets a timer', 'setTimeout(() => undefined, 1);', 'no-restricted-globals'],
    ['sets an interval', 'setInterval(() => undefined, 1);', 'no-restricted-globals'],
    ['defers work', 'setImmediate(() => undefined);', 'no-restricted-globals'],
    ['reads the environment', 'export const e = process.env;', 'no-restricted-globals'],
    ['draws at random', 'export const r = Math.random();', 'no-restricted-properties'],
    ['is async', 'export async function f(): Promise<void> {}', 'no-async-await'],
    ['has an async closure', 'export const f = async () => 1;', 'no-async-await'],
    ['makes a promise', 'export const p = Promise.resolve(1);', 'no-restricted-globals'],
    ['prints', "console.log('decided');", 'no-console'],
    [
      'imports node:fs',
      "import { readFileSync } from 'node:fs';\nreadFileSync('x');",
      'no-nodejs-modules',
    ],
    ['uses any', 'export const x: any = 1;', 'no-explicit-any'],
  ];

  it('accept a pure file', async () => {
    await place(CORE_FILE, pure);
    expect(await lint()).toMatchObject({ exitCode: 0 });
    expect(await cruise()).toMatchObject({ exitCode: 0 });
  });

  it.each(impurities)('lint refuses a core file that %s', async (_name, source, rule) => {
    await place(CORE_FILE, `${source}\n`);
    const { exitCode, output } = await lint();
    expect(output).toContain('on-fixture.ts');
    expect(output).toContain(rule);
    expect(exitCode).not.toBe(0);
  });

  it('lint allows a spec beside it what the core may not do', async () => {
    await place(CORE_FILE, pure);
    const spec = CORE_FILE.replace('.ts', '.spec.ts');
    await place(spec, 'export const at = Date.now();\n');
    expect(await lint()).toMatchObject({ exitCode: 0 });
    await rm(join(copy, spec));
  });

  it.each([
    ['a node module', "export { readFileSync } from 'node:fs';", 'consensus-is-pure'],
    ['an npm package', "export { Injectable } from '@nestjs/common';", 'consensus-is-pure'],
    ['another library', "export { digestBytes } from '@ccro/crypto';", 'layers-consensus'],
    [
      'a folder of the core above its own',
      "export { above } from '../sync/above.js';",
      'core-layers-slot',
    ],
  ])('the dependency rules refuse a core file that imports %s', async (_name, source, rule) => {
    await place(CORE_FILE, `${source}\n`);
    const { exitCode, output } = await cruise();
    expect(output).toContain(rule);
    expect(exitCode).not.toBe(0);
  });

  describe('a file that browsers run', () => {
    beforeAll(() => place(CORE_FILE, pure));
    afterAll(() => rm(join(copy, PAGE_FILE)));

    it.each([
      ['a Buffer', "export const b = Buffer.from('x');"],
      ['setImmediate', 'setImmediate(() => undefined);'],
      ['the process', 'export const p = process.version;'],
    ])('may not use %s', async (_name, source) => {
      await place(PAGE_FILE, `${source}\n`);
      const { exitCode, output } = await lint();
      expect(output).toContain('fixture.ts');
      expect(output).toContain('no-restricted-globals');
      expect(exitCode).not.toBe(0);
    });

    it.each([
      ['node:crypto', "export { hash } from 'node:crypto';", 'no-node-in-what-browsers-run'],
      [
        'native code',
        "export { default } from 'sodium-native';",
        'no-native-code-but-in-primitives',
      ],
    ])('may not import %s', async (_name, source, rule) => {
      await place(PAGE_FILE, `${source}\n`);
      const { exitCode, output } = await cruise();
      expect(output).toContain(rule);
      expect(exitCode).not.toBe(0);
    });
  });

  it('the dependency rules refuse a cycle', async () => {
    await place(CORE_FILE, "export { b as a } from './on-other.js';\n");
    await place(
      'libs/consensus/src/slot/on-other.ts',
      "export { a as b } from './on-fixture.js';\n",
    );
    const { exitCode, output } = await cruise();
    expect(output).toContain('no-cycles');
    expect(exitCode).not.toBe(0);
  });
});
