import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDirectory } from './make-directory.js';

let base = '';
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'ccro-files-'));
});
afterEach(() => rmSync(base, { recursive: true }));

describe('a directory', () => {
  it('F8: is made with those above it, each with the mode, and the topmost is named', () => {
    const path = join(base, 'a', 'b', 'c');
    expect(makeDirectory(path, 0o700)).toBe(join(base, 'a'));
    for (const each of ['a', 'a/b', 'a/b/c']) {
      expect(statSync(join(base, each)).mode & 0o777).toBe(0o700);
    }
    expect(makeDirectory(path)).toBeUndefined();
    mkdirSync(join(base, 'real'));
    symlinkSync(join(base, 'real'), join(base, 'link'));
    expect(makeDirectory(join(base, 'link', 'x'))).toBe(join(base, 'link', 'x'));
  });

  it.skipIf(process.platform !== 'linux')('F8: is refused at once where none can be made', () => {
    for (const path of ['/proc/x', '/proc/x/y/z']) {
      expect(() => makeDirectory(path)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    }
  });

  it('F8: is refused where something else is in its way', () => {
    const file = join(base, 'file');
    writeFileSync(file, '');
    symlinkSync(join(base, 'nowhere'), join(base, 'dangling'));
    for (const [path, code] of [
      [file, 'ENOTDIR'],
      [join(file, 'a', 'b'), 'ENOTDIR'],
      [join(base, 'dangling'), 'EEXIST'],
    ] as const) {
      expect(() => makeDirectory(path)).toThrow(expect.objectContaining({ code }));
    }
  });
});
