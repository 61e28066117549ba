import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readRegularFile, requireRegularFile } from './regular-file.js';

const base = mkdtempSync(join(tmpdir(), 'ccro-files-'));
afterAll(() => rmSync(base, { recursive: true }));

describe.skipIf(process.platform === 'win32')('a file that a user names', () => {
  it('F8, sibling: is read, by a link as well', () => {
    const file = join(base, 'file');
    writeFileSync(file, 'text');
    symlinkSync(file, join(base, 'link'));
    expect(readRegularFile(join(base, 'link')).toString()).toBe('text');
    expect(() => readRegularFile(join(base, 'none'))).toThrow('ENOENT');
  });

  it('F8, sibling: is refused at once when it is a pipe, a device or a directory', () => {
    const pipe = join(base, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(() => readRegularFile(pipe)).toThrow('it is a named pipe, not a regular file');
    expect(() => readRegularFile('/dev/zero')).toThrow('it is a device, not a regular file');
    expect(() => readRegularFile(base)).toThrow('it is a directory, not a regular file');
  });

  it('F8, sibling: may be what this process was given open', () => {
    for (const path of ['/dev/stdin', '/dev/fd/0', '/proc/self/fd/0']) {
      expect(() => requireRegularFile(path)).not.toThrow();
    }
  });
});
