import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { BROKEN_PROTOCOLS } from './broken-protocols.js';
import { KNOWN_SEEDS } from './known-seeds.js';
import { applyEdits, SourceEditError } from './source-edit.js';

const ROOT = new URL('../../../../', import.meta.url);
/** As tsconfig.json has it. */
const AS_BUILT = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext };

describe('protocols that are wrong on purpose', () => {
  it('have a name of their own each, and there are a dozen at least', () => {
    const names = BROKEN_PROTOCOLS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(12);
  });

  it('are those of which a seed is known', () => {
    const names = BROKEN_PROTOCOLS.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(KNOWN_SEEDS)));
  });

  it.each(BROKEN_PROTOCOLS)(
    '$name: each edit fits once, the source and what is built',
    ({ edits: all }) => {
      for (const file of new Set(all.map((edit) => edit.file))) {
        const edits = all.filter((edit) => edit.file === file);
        const source = readFileSync(new URL(file, ROOT), 'utf8');
        expect(applyEdits(source, edits)).not.toBe(source);
        const built = ts.transpileModule(source, { compilerOptions: AS_BUILT }).outputText;
        const broken = applyEdits(built, edits);
        expect(broken).not.toBe(built);
        const read = ts.transpileModule(broken, {
          compilerOptions: AS_BUILT,
          reportDiagnostics: true,
        });
        expect(read.diagnostics).toEqual([]);
      }
    },
  );
});

describe('an edit', () => {
  const edit = { file: 'a.ts', find: 'old', replace: 'new' };

  it('takes its place', () => {
    expect(applyEdits('the old one', [edit])).toBe('the new one');
  });

  it.each(['nothing to find', 'old and old again'])('is refused in "%s"', (source) => {
    expect(() => applyEdits(source, [edit])).toThrow(SourceEditError);
  });
});
